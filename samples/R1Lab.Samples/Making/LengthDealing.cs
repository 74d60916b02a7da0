using R1Lab.Engine.Datasets;
using R1Lab.Samples.Problems;

namespace R1Lab.Samples.Making;

/// <summary>
/// Orders rows so that every batch holds rows of like length and the batches follow each other at random: little padding, and no stretch of the
/// run that sees long rows only. The recipe keeps the order (<c>shuffle</c> false).
/// </summary>
internal static class LengthDealing
{
    private const int BatchesAtOnce = 32;

    public static IReadOnlyList<TokenExample> Deal(IReadOnlyList<TokenExample> rows, int batchSize, ulong seed)
    {
        var random = new SeededRandom(seed);
        var dealt = new List<TokenExample>(rows.Count);
        foreach (var block in rows.Chunk(batchSize * BatchesAtOnce))
        {
            var batches = block.OrderBy(row => row.Length).Chunk(batchSize).ToList();
            random.Shuffle(batches);
            dealt.AddRange(batches.SelectMany(batch => batch));
        }

        return dealt;
    }
}
