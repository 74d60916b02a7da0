using R1Lab.Engine.Datasets;
using R1Lab.Engine.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>
/// The model in training as it is at this moment, without gradients: objectives let it generate and score. It draws no random number of
/// the run.
/// </summary>
/// <param name="model">Stays the caller's.</param>
/// <param name="folder">The base model's folder: tokenizer and end tokens.</param>
internal sealed class LiveModel(Trainables model, string folder)
{
    private readonly ForwardPass _forward = new(model.Decoder, model.Adapter);
    private readonly Lazy<LoadedModel> _loaded = new(() => LoadedModel.Over(folder, model.Decoder));

    // Held once more than it is used, so that no reply frees it.
    private readonly LoadedAdapter? _adapter = model.Adapter is { } adapter ? new LoadedAdapter(adapter, "") : null;

    /// <summary>Log-probabilities of targets and the outputs of all heads, in the caller's dispose scope.</summary>
    public LossInputs Score(MicroBatch batch, TokenTargets targets) => _forward.Score(batch, targets, model.Heads);

    /// <summary>Cross entropy and accuracy of a batch's learned tokens.</summary>
    public EvaluationSums Evaluate(MicroBatch batch)
    {
        if (batch.Targets.Length == 0) return default;
        using var scope = NewDisposeScope();
        var (loss, right) = _forward.Evaluate(batch);
        return new(loss.ToSingle(), right.ToInt64(), batch.Targets.Length);
    }

    /// <summary>Replies to prompts of token ids, side by side; with <see cref="GenerationSettings.Seed"/> the same every time.</summary>
    /// <exception cref="BadInputException">A prompt is empty, too long or not of the model's vocabulary.</exception>
    public IReadOnlyList<GenerationResult> Generate(IReadOnlyList<GenerationRequest> requests)
    {
        using var noGradient = no_grad();
        foreach (var request in requests) RequestChecks.Check(request, model.Decoder.Config);
        var scheduler = new BatchScheduler(model.Decoder);
        var rows = requests
            .Select(request => new GenerationRow(_loaded.Value, request, _adapter?.Use(), null, CancellationToken.None))
            .ToList();
        rows.ForEach(scheduler.Add);
        while (scheduler.Count > 0) scheduler.Step();
        return [.. rows.Select(row => row.Result.GetAwaiter().GetResult())]; // every row has ended: nothing is waited for
    }
}
