using R1Lab.Data.Statistics;

namespace R1Lab.Data.Studies;

/// <summary>Whether <paramref name="Second"/> is scored higher than <paramref name="First"/>; <paramref name="HolmP"/> counts all comparisons of the study.</summary>
public sealed record ModelComparison(string Criterion, string First, string Second, PairedComparison Result, double? HolmP)
{
    /// <summary>Every pair of models on every criterion, over the prompts where both have a score.</summary>
    internal static IReadOnlyList<ModelComparison> All(
        IReadOnlyList<string> models, IReadOnlyList<string> criteria, IReadOnlyList<ScoreRow> rows, int rounds, int seed)
    {
        var means = rows.Where(row => row.Value is not null).GroupBy(row => (row.ModelName, row.Criterion)).ToDictionary(
            cell => cell.Key,
            cell => cell.GroupBy(row => row.ItemId).ToDictionary(item => item.Key, item => item.Average(row => row.Value!.Value)));
        var found =
            (from criterion in criteria
             from second in Enumerable.Range(1, Math.Max(0, models.Count - 1))
             from first in Enumerable.Range(0, second)
             let result = Compare(means.GetValueOrDefault((models[first], criterion)), means.GetValueOrDefault((models[second], criterion)), rounds, seed)
             where result is not null
             select new ModelComparison(criterion, models[first], models[second], result, null)).ToList();
        var adjusted = PairedComparison.Holm([.. found.Select(one => one.Result.P).OfType<double>()]);
        var next = 0;
        return [.. found.Select(one => one.Result.P is null ? one : one with { HolmP = adjusted[next++] })];
    }

    private static PairedComparison? Compare(Dictionary<int, double>? first, Dictionary<int, double>? second, int rounds, int seed)
    {
        if (first is null || second is null) return null;
        int[] shared = [.. first.Keys.Where(second.ContainsKey).Order()];
        return PairedComparison.Compute([.. shared.Select(item => first[item])], [.. shared.Select(item => second[item])], rounds, seed);
    }
}
