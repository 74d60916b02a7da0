using R1Lab.Engine.Datasets;

namespace R1Lab.Bench.Training;

/// <summary>Rows of random tokens for a measured run. Every place but the first is learned, as in pre-training: the output matrix works on all of them.</summary>
internal static class MeasuredRows
{
    private const int Shortest = 64;
    private const int WholeBatches = 4;

    /// <summary>Rows as long as a line; for packed lines rows of random lengths, enough for all steps, so that no batch of a pass stays short of lines.</summary>
    public static IReadOnlyList<TokenExample> For(TrainOptions options, int vocabulary) =>
        options.Packing ? Packed(options, vocabulary) : MeasuredRun.RandomRows(options.Batch * WholeBatches, options.Length, vocabulary);

    /// <summary>
    /// The length of rows that cost what these do: attention grows with a row's length for each of its tokens, so longer rows count by their tokens.
    /// </summary>
    public static int LengthOfEqualWork(IReadOnlyList<TokenExample> rows) => (int)Math.Round(rows.Sum(row => (double)row.Length * row.Length) / rows.Sum(row => (double)row.Length));

    private static List<TokenExample> Packed(TrainOptions options, int vocabulary)
    {
        var random = new Random(1);
        var rows = new List<TokenExample>();
        // A line holds no more than its length: so many tokens fill at least so many lines.
        for (var left = (long)options.Batch * options.Length * (options.WarmUp + options.Steps); left > 0; left -= rows[^1].Length)
        {
            var length = random.Next(Math.Min(Shortest, options.Length), options.Length + 1);
            rows.AddRange(MeasuredRun.RandomRows(1, length, vocabulary, seed: rows.Count + 1));
        }

        return rows;
    }
}
