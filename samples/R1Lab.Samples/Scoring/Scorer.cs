using System.Diagnostics;
using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Samples.Scoring;

/// <summary>Lets a model answer held-out problems greedily, all side by side, by the path that chat and API use.</summary>
public static class Scorer
{
    private const string Adapter = "scored";

    // The longest worked-out answer of the corpus has about a hundred tokens.
    private static readonly GenerationSettings Greedy = new() { Temperature = 0, MaxNewTokens = 160 };

    /// <param name="modelFolder">A model folder with a tokenizer.</param>
    /// <param name="adapterFolder">A PEFT adapter to score it with, or null.</param>
    /// <param name="rows">How many of the held-out rows; all when null.</param>
    public static async Task<HeldOutScore> ScoreAsync(string modelFolder, string? adapterFolder = null, int? rows = null)
    {
        using var model = LoadedModel.Load(modelFolder, ComputeDevice.Cpu);
        if (adapterFolder is not null) model.AddAdapter(Adapter, adapterFolder);
        using var engine = new GenerationEngine(model);
        var template = ChatTemplate.Load(modelFolder) ?? throw new InvalidDataException($"{modelFolder} has no chat template.");
        var clock = Stopwatch.StartNew();
        var problems = File.ReadLines(SampleFolders.HeldOutRows).Take(rows ?? int.MaxValue).Select(line => JsonNode.Parse(line)!.AsObject());
        var adapter = adapterFolder is null ? null : Adapter;
        var asked = problems.Select(problem => AnswerAsync(engine, model.ThoughtMarks, Prompt(problem), problem, adapter));
        var answers = await Task.WhenAll(asked);
        return new HeldOutScore(answers, clock.Elapsed);

        IReadOnlyList<int> Prompt(JsonObject problem) =>
            model.Tokenizer!.Encode(template.Render([new ChatMessage("user", (string)problem["prompt"]!)], addGenerationPrompt: true), addSpecialTokens: false);
    }

    private static async Task<ScoredAnswer> AnswerAsync(
        GenerationEngine engine, ThoughtMarks marks, IReadOnlyList<int> prompt, JsonObject problem, string? adapter)
    {
        var result = await engine.GenerateAsync(new GenerationRequest(prompt, Greedy, adapter));
        var given = ThinkingSplitter.Split(result.Text, result.Marks, marks, ThoughtState.Open);
        var expected = ThinkingSplitter.Split((string)problem["response"]!, [], ThoughtMarks.InText, ThoughtState.None);
        return new ScoredAnswer((string)problem["kind"]!, (string)problem["prompt"]!, expected.Answer.Trim(), given.Thought.Trim(), given.Answer.Trim(), result.Finish == FinishReason.Stop);
    }
}
