using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training;

/// <summary>What a run is made of: two runs with the same identity take the same steps.</summary>
/// <param name="Recipe">The recipe as JSON, without the run's name and what a person confirmed.</param>
/// <param name="TrainData">SHA-256 over the training examples, in order.</param>
/// <param name="EvaluationData">The same of the evaluation examples.</param>
/// <param name="Model">The base model's fingerprint.</param>
public sealed record RunIdentity(string Recipe, string TrainData, string EvaluationData, string Model)
{
    public static RunIdentity Of(TrainingRecipe recipe, IReadOnlyList<TokenExample> train, IReadOnlyList<TokenExample> evaluation, string modelFingerprint) =>
        new((recipe with { Name = null, Confirmed = [] }).ToJson(), HashOf(train), HashOf(evaluation), modelFingerprint);

    /// <summary>What keeps a run of this identity from going on from a snapshot of another; empty when nothing does.</summary>
    /// <param name="snapshot">The snapshot's.</param>
    /// <param name="then">The rows of the snapshot's run, where known.</param>
    /// <param name="now">The rows of this run.</param>
    internal IReadOnlyList<string> DifferencesFrom(RunIdentity snapshot, RowPrints? then = null, RowPrints? now = null)
    {
        var differences = new List<string>();
        var recipe = Filled(snapshot.Recipe);
        if (Recipe != recipe) differences.AddRange(Fields(JsonNode.Parse(recipe)!.AsObject(), JsonNode.Parse(Recipe)!.AsObject(), ""));
        if (TrainData != snapshot.TrainData) differences.Add($"the training rows changed{Which(then?.Train, now?.Train)}");
        if (EvaluationData != snapshot.EvaluationData) differences.Add($"the evaluation rows changed{Which(then?.Evaluation, now?.Evaluation)}");
        if (Model != snapshot.Model) differences.Add("the base model's files changed");
        return differences;
    }

    private static string Which(IReadOnlyList<(int Id, long Print)>? then, IReadOnlyList<(int Id, long Print)>? now) =>
        then is null || now is null ? "" : $": {RowPrints.Difference(then, now)}";

    /// <summary>SHA-256, as hexadecimal digits, over the token ids and labels of examples in their order; row numbers do not count.</summary>
    public static string HashOf(IReadOnlyList<TokenExample> examples)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var example in examples)
        {
            hash.AppendData(BitConverter.GetBytes(example.Length));
            hash.AppendData(MemoryMarshal.AsBytes(example.InputIds.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(example.Labels.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // A snapshot of an earlier version lacks the settings that did not exist then: the run went as their defaults have it.
    private static string Filled(string recipe) => TrainingRecipe.Parse(recipe, out _)?.ToJson() ?? recipe;

    private static IEnumerable<string> Fields(JsonObject then, JsonObject now, string prefix)
    {
        foreach (var name in then.Select(pair => pair.Key).Union(now.Select(pair => pair.Key)))
        {
            if (then[name] is JsonObject inner && now[name] is JsonObject other && name is "lora" or "lr_scheduler_kwargs")
            {
                foreach (var difference in Fields(then[name]!.AsObject(), now[name]!.AsObject(), $"{name}.")) yield return difference;
            }
            else if (!JsonNode.DeepEquals(then[name], now[name]))
            {
                yield return $"{prefix}{name} was {then[name]?.ToJsonString() ?? "not set"} and is {now[name]?.ToJsonString() ?? "not set"}";
            }
        }
    }
}

/// <summary>Everything of a run's standing that is not a tensor. Random numbers need no state: each follows from the seed and the step.</summary>
public sealed record SnapshotState
{
    public required RunIdentity Identity { get; init; }

    public required int Step { get; init; }

    public required BatchPosition Position { get; init; }

    /// <summary>The objective's own numbers; null where it has none, as in snapshots of earlier versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Objective { get; init; }

    /// <summary>Losses since the last logged step, summed, and how many they are.</summary>
    public double WindowLoss { get; init; }

    public int WindowSteps { get; init; }

    public double? LastLoss { get; init; }

    public double? LastEvalLoss { get; init; }

    /// <summary>What early stopping and the best checkpoint go by.</summary>
    public EvaluationStanding Standing { get; init; } = new();

    /// <summary>How steps pass through the device now; null, in snapshots of earlier versions: as the recipe says.</summary>
    public MicroBatchPlan? Plan { get; init; }

    /// <summary>Standing of the float16 loss scaler; null in other types.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LossScaling? Scaler { get; init; }

    /// <summary>Rows of an evaluation at once now; null: as the recipe says.</summary>
    public int? EvaluationBatch { get; init; }
}
