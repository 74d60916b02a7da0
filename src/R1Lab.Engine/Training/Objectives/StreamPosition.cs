using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>Where a stream of steps stands.</summary>
/// <param name="Batches">Where it stands among the rows.</param>
/// <param name="Values">The objective's own numbers, by name; null where it has none.</param>
internal readonly record struct StreamPosition(BatchPosition Batches, IReadOnlyDictionary<string, double>? Values = null);
