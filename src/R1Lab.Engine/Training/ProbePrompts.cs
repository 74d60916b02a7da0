using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// Answers the recipe's probe prompts with the model as it stands in the middle of a run, by greedy decoding. It reads weights and draws no
/// random number, so the run goes on as if it had never been asked.
/// </summary>
/// <param name="model">The run's model; stays the caller's.</param>
/// <param name="folder">The base model's folder: tokenizer, chat template, end tokens.</param>
/// <exception cref="BadInputException">The tokenizer cannot be used.</exception>
internal sealed class ProbePrompts(TrainingRecipe recipe, Trainables model, string folder)
{
    // Prompts answered side by side: each keeps its keys and values in memory.
    private const int AtOnce = 8;

    private readonly LoadedModel _loaded = LoadedModel.Over(folder, model.Decoder);

    // Held once more than it is used, so that no answer frees it.
    private readonly LoadedAdapter? _adapter = model.Adapter is { } adapter ? new LoadedAdapter(adapter, "") : null;

    private ModelVocabulary Vocabulary => field ??= _loaded.Vocabulary(recipe.Model);

    /// <summary>Why no prompt can be asked; null where they can.</summary>
    public string? Fault => _loaded.Text.Tokenizer is null ? "the model has no tokenizer." : _loaded.Text.TemplateFault;

    /// <param name="step">Optimizer steps done.</param>
    /// <param name="onAnswer">Told every answer, in the order of the prompts.</param>
    /// <param name="onFailure">Told the prompts that could not be answered, and why.</param>
    public void Answer(int step, Action<ProbeAnswer> onAnswer, Action<int, Exception> onFailure)
    {
        using var noGradient = no_grad();
        foreach (var prompts in recipe.ProbePrompts.Select((text, index) => new Prompt(text, index)).Chunk(AtOnce))
        {
            var scheduler = new BatchScheduler(_loaded.Decoder);
            var rows = Array.ConvertAll(prompts, prompt => (prompt, Row: Begin(prompt, scheduler, onFailure)));
            while (scheduler.Count > 0) scheduler.Step();
            foreach (var (prompt, row) in rows)
            {
                if (row?.Result.Exception?.InnerException is { } error) onFailure(prompt.Index, error);
                else if (row is not null) onAnswer(AnswerOf(step, prompt, row.Result.Result));
            }
        }
    }

    private sealed record Prompt(string Text, int Index)
    {
        /// <summary>As the model is asked at work; the bare text where it has no template.</summary>
        public PreparedPrompt Prepared(ModelVocabulary model)
        {
            AskedPrompt asked = model.Template is null ? new TextPrompt("probe_prompts", Text) : ChatPrompt.Of(new ChatMessage("user", Text));
            return asked.Prepare(model);
        }
    }

    private GenerationRow? Begin(Prompt prompt, BatchScheduler scheduler, Action<int, Exception> onFailure)
    {
        try
        {
            var request = new GenerationRequest(prompt.Prepared(Vocabulary).Tokens, new GenerationSettings { Temperature = 0, Seed = 0, MaxNewTokens = recipe.ProbeMaxNewTokens });
            RequestChecks.Check(request, _loaded.Decoder.Config);
            var row = new GenerationRow(_loaded, request, _adapter?.Use(), null, CancellationToken.None);
            scheduler.Add(row);
            return row;
        }
        catch (Exception e) when (e is BadInputException or AskRefusedException or MemoryRefusedException)
        {
            onFailure(prompt.Index, e);
            return null;
        }
    }

    private ProbeAnswer AnswerOf(int step, Prompt prompt, GenerationResult result)
    {
        var start = prompt.Prepared(Vocabulary).ReplyStart;
        var whole = ThinkingSplitter.Split(result.Text, result.Marks, _loaded.ThoughtMarks, start);
        var stopped = result.Finish == FinishReason.Stop;
        var (thought, answer) = Count(stopped ? result.Tokens.SkipLast(1) : result.Tokens, start);
        return new ProbeAnswer(
            step, prompt.Index, prompt.Text, string.IsNullOrWhiteSpace(whole.Thought) ? null : whole.Thought.Trim(), whole.Answer.Trim(), thought, answer, stopped, DateTimeOffset.UtcNow);
    }

    // Tokens of the thought, its marks included, and those behind it. Without an opening mark only the closing one tells them apart.
    private (int Thought, int Answer) Count(IEnumerable<int> tokens, ThoughtState start)
    {
        var text = new ReplyText(_loaded.Tokenizer, new GenerationSettings(), _loaded.ThoughtMarks);
        var splitter = new ThinkingSplitter(_loaded.ThoughtMarks, start, int.MaxValue);
        var (thought, answer, undecided) = (0, 0, 0);
        foreach (var token in tokens)
        {
            var (before, at) = (splitter.State, text.Length);
            splitter.Push(text.Push(token), text.TakeMarks(at));
            undecided++;
            if (splitter.Undecided.Length > 0) continue;
            var ended = undecided > 1 && splitter.State == ThoughtState.Closed;
            if (ended || splitter.State == ThoughtState.Open || before == ThoughtState.Open) thought += undecided;
            else answer += undecided;
            undecided = 0;
        }

        return (thought, answer + undecided);
    }
}
