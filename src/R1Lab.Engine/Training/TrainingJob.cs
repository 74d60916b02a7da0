using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;

namespace R1Lab.Engine.Training;

/// <summary>One run, ready to start.</summary>
/// <param name="Recipe">How to train.</param>
/// <param name="ModelFolder">The base model's Hugging Face folder.</param>
/// <param name="OutputFolder">Where <c>snapshots/</c>, <c>logs/</c> (TensorBoard), <c>trainer_state.json</c> and the result (<c>adapter/</c> or <c>model/</c>) go.</param>
/// <param name="Train">Rows to learn, already encoded.</param>
/// <param name="Evaluation">Rows to evaluate on; empty: <see cref="TrainingRecipe.ValSize"/> is split off the training rows.</param>
/// <param name="Device">Where to compute.</param>
public sealed record TrainingJob(
    TrainingRecipe Recipe,
    string ModelFolder,
    string OutputFolder,
    IReadOnlyList<TokenExample> Train,
    IReadOnlyList<TokenExample> Evaluation,
    ComputeDevice Device)
{
    /// <summary>The name written into the adapter as its base; the model folder when null.</summary>
    public string? BaseModelName { get; init; }
}
