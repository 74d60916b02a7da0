namespace R1Lab.Data.Studies;

/// <summary>
/// The order in which a rater sees the answers to a prompt. Independent shuffles give all three raters of a prompt the same order in a
/// quarter of two-model prompts, which would let the advantage of the first position pass for a better model.
/// </summary>
internal static class AnswerOrder
{
    /// <summary>
    /// Gives every position to the answer that stood there least often in <paramref name="given"/>, the orders of the prompt's other
    /// raters; the seed decides between equals. Each answer thus comes first equally often, give or take one.
    /// </summary>
    public static int[] Next(IReadOnlyCollection<int> answers, IReadOnlyList<IReadOnlyList<int>> given, int seed)
    {
        var shuffled = answers.ToArray();
        new Random(seed).Shuffle(shuffled);
        var remaining = shuffled.ToList();
        for (var position = 0; position < shuffled.Length; position++)
        {
            var next = remaining.MinBy(answer => given.Count(order => position < order.Count && order[position] == answer));
            remaining.Remove(next);
            shuffled[position] = next;
        }

        return shuffled;
    }
}
