namespace R1Lab.Engine.Datasets;

/// <summary>
/// Learns a row that is too long in parts. Every part shows the prompt and then a window of the response; the windows are laid from the end,
/// so that the last part holds the answer's end and the end-of-text token whole, and no other part ends as if the model were done. Windows
/// overlap: what a part repeats of the one before is shown and not learned, so every token is learned once and never without what led to it.
/// </summary>
public static class OverlongSplitter
{
    // Less room than this behind the prompt and nothing sensible would be left of the response.
    private const int LeastRoom = 4;
    private const int MostOverlap = 256;

    /// <param name="example">The whole row.</param>
    /// <param name="promptTokens">Its first tokens, which every part repeats and none learns.</param>
    /// <param name="maxLength">The longest part.</param>
    /// <returns>The parts in order, those that would learn nothing left out; none when the prompt leaves the response less than a quarter of the length.</returns>
    public static IReadOnlyList<TokenExample> Split(TokenExample example, int promptTokens, int maxLength)
    {
        if (example.Length <= maxLength) return [example];

        var room = maxLength - promptTokens;
        if (room < LeastRoom || room < maxLength / 4) return [];

        var overlap = Math.Min(room / 4, MostOverlap);
        var parts = new List<TokenExample>();
        for (var end = example.Length; end > promptTokens;)
        {
            var start = Math.Max(promptTokens, end - room);
            var learned = start == promptTokens ? start : start + overlap;
            parts.Add(Part(example, promptTokens, start, learned, end));
            end = start == promptTokens ? start : learned;
        }

        parts.Reverse();
        return [.. parts.Where(part => part.TrainedTokens > 0)];
    }

    /// <summary>The prompt, then the response from <paramref name="start"/> to <paramref name="end"/>, learned from <paramref name="learned"/> on.</summary>
    private static TokenExample Part(TokenExample example, int prompt, int start, int learned, int end)
    {
        int[] ids = [.. example.InputIds.AsSpan(0, prompt), .. example.InputIds.AsSpan(start, end - start)];
        var labels = new int[ids.Length];
        Array.Fill(labels, TokenExample.NotTrained);
        example.Labels.AsSpan(learned, end - learned).CopyTo(labels.AsSpan(prompt + learned - start));
        return example with { InputIds = ids, Labels = labels };
    }
}
