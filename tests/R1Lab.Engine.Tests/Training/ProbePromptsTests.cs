using R1Lab.Engine.Datasets;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tests.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Training;

public sealed class ProbePromptsTests : IDisposable
{
    private static readonly TrainingRecipe Recipe = TrainingRuns.Busy with { MaxSteps = 4, EvalSteps = 2, SaveSteps = 10, ProbePrompts = ["ab?", "你好"], ProbeMaxNewTokens = 12 };

    private readonly TrainingRuns _runs = new();
    private readonly TinyModel _model = new();

    public void Dispose()
    {
        _model.Dispose();
        _runs.Dispose();
    }

    [Fact]
    public void Run_WithProbes_AnswersAtTheStartAndEveryEvaluation()
    {
        _runs.Run(Job(Recipe));

        Assert.Equal([(0, 0), (0, 1), (2, 0), (2, 1), (4, 0), (4, 1)], _runs.Probes.Select(probe => (probe.Step, probe.PromptIndex)));
        Assert.All(_runs.Probes, probe => Assert.InRange(probe.ThoughtTokens + probe.AnswerTokens, 0, 12));
        Assert.All(_runs.Probes, probe => Assert.Equal(probe.Stopped, probe.ThoughtTokens + probe.AnswerTokens < 12));
    }

    [Theory]
    [InlineData(TrainingMethod.Lora)]
    [InlineData(TrainingMethod.Dora)]
    [InlineData(TrainingMethod.Full)]
    public void Run_WithAndWithoutProbes_IsTheSameToTheBit(TrainingMethod method)
    {
        var recipe = Recipe with { Method = method, LearningRate = 1e-3 };
        var with = _runs.Run(Job(recipe));
        var told = _runs.Told();
        _runs.Metrics.Clear();
        _runs.Passes.Clear();

        var without = _runs.Run(Job(recipe with { ProbePrompts = [] }));

        Assert.Equal(told, _runs.Told());
        Assert.Equal(TrainingRuns.WeightsOf(with), TrainingRuns.WeightsOf(without));
    }

    [Fact]
    public async Task Run_AtTheStart_SaysWhatTheModelSaysAtWork()
    {
        var folder = Path.Combine(ReferenceFiles.Repository, "samples", "models", "r1lab-demo-qwen3-3m");
        const string question = "23 + 45 = ?";
        _runs.Run(_runs.Job(Recipe with { ProbePrompts = [question], ProbeMaxNewTokens = 80, MaxSteps = 1, ValSize = 0 }) with { ModelFolder = folder });

        using var loaded = LoadedModel.Load(folder, R1Lab.Engine.Devices.ComputeDevice.Cpu);
        using var engine = new GenerationEngine(loaded);
        var prompt = loaded.ChatTemplate!.Render([new ChatMessage("user", question)], addGenerationPrompt: true);
        var reply = await engine.GenerateAsync(new GenerationRequest(loaded.Tokenizer!.Encode(prompt, addSpecialTokens: false), new GenerationSettings { Temperature = 0, MaxNewTokens = 80 }), cancellation: TestContext.Current.CancellationToken);
        var split = ThinkingSplitter.Split(reply.Text, reply.Marks, loaded.ThoughtMarks, ThinkingSplitter.AtEndOf(prompt));

        var told = _runs.Probes[0];
        Assert.Equal((split.Thought.Trim(), split.Answer.Trim(), reply.Finish == FinishReason.Stop), (told.Thought ?? "", told.Answer, told.Stopped));
        Assert.True(told.ThoughtTokens > 0 && told.AnswerTokens > 0);
    }

    [Fact]
    public void Run_PromptLongerThanTheModelReads_IsAnEventAndTheOthersAreAnswered()
    {
        var result = _runs.Run(Job(Recipe with { ProbePrompts = [new string('x', 600), "ab"] }));

        Assert.Equal((TrainingOutcome.Finished, 3), (result.Outcome, _runs.Probes.Count));
        Assert.Equal(3, _runs.Events.Count(e => e.Kind == "probe_failed" && e.Message.Contains("1: request: prompt: has 600 tokens", StringComparison.Ordinal)));
    }

    [Fact]
    public void Run_ModelWithoutTokenizer_SaysSoOnce()
    {
        using var bare = new TinyModel(withTokenizer: false);

        _runs.Run(Job(Recipe) with { ModelFolder = bare.Folder });

        Assert.Empty(_runs.Probes);
        Assert.Single(_runs.Events, e => e.Kind == "probe_failed");
    }

    private TrainingJob Job(TrainingRecipe recipe) => _runs.Job(recipe, rows: [.. TrainingRuns.Rows().Select(Small)]) with { ModelFolder = _model.Folder };

    // The golden rows in the small model's 256 letters.
    private static TokenExample Small(TokenExample row) =>
        row with { InputIds = [.. row.InputIds.Select(id => id % 256)], Labels = [.. row.Labels.Select(id => id < 0 ? id : id % 256)] };
}
