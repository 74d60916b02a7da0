using System.Text.RegularExpressions;

namespace R1Lab.Web.Components.Pages.Runs;

public enum DifferenceKind
{
    Same,
    Added,
    Removed,
}

public sealed record DifferencePart(DifferenceKind Kind, string Text);

/// <summary>What changed between two answers, word by word; Chinese, Japanese and Korean sign by sign.</summary>
public static partial class WordDifference
{
    // A table of so many cells is filled in a few milliseconds; texts beyond it differ as a whole between what they share at both ends.
    private const int MostCells = 4_000_000;

    /// <summary>The parts in reading order: with the removed ones left out they are <paramref name="after"/>, without the added ones <paramref name="before"/>.</summary>
    public static IReadOnlyList<DifferencePart> Between(string before, string after)
    {
        var (left, right) = (Words(before), Words(after));
        var start = Shared(left, right, place => place, place => place, Math.Min(left.Count, right.Count));
        var end = Shared(left, right, place => left.Count - 1 - place, place => right.Count - 1 - place, Math.Min(left.Count, right.Count) - start);
        var parts = new List<DifferencePart>();
        Add(parts, DifferenceKind.Same, left.Take(start));
        AddMiddle(parts, left[start..(left.Count - end)], right[start..(right.Count - end)]);
        Add(parts, DifferenceKind.Same, left.TakeLast(end));
        return parts;
    }

    private static List<string> Words(string text) => [.. Word().Matches(text).Select(match => match.Value)];

    private static int Shared(List<string> left, List<string> right, Func<int, int> onLeft, Func<int, int> onRight, int most)
    {
        var count = 0;
        while (count < most && left[onLeft(count)] == right[onRight(count)]) count++;
        return count;
    }

    private static void AddMiddle(List<DifferencePart> parts, List<string> left, List<string> right)
    {
        if ((long)left.Count * right.Count > MostCells)
        {
            Add(parts, DifferenceKind.Removed, left);
            Add(parts, DifferenceKind.Added, right);
            return;
        }

        var common = CommonLengths(left, right);
        var (i, j) = (0, 0);
        while (i < left.Count || j < right.Count)
        {
            if (i < left.Count && j < right.Count && left[i] == right[j])
            {
                Add(parts, DifferenceKind.Same, [left[i]]);
                (i, j) = (i + 1, j + 1);
            }
            else if (j == right.Count || (i < left.Count && common[i + 1, j] >= common[i, j + 1]))
            {
                Add(parts, DifferenceKind.Removed, [left[i++]]);
            }
            else
            {
                Add(parts, DifferenceKind.Added, [right[j++]]);
            }
        }
    }

    /// <summary>Length of the longest common subsequence of the rests from each pair of places.</summary>
    private static int[,] CommonLengths(List<string> left, List<string> right)
    {
        var common = new int[left.Count + 1, right.Count + 1];
        for (var i = left.Count - 1; i >= 0; i--)
        {
            for (var j = right.Count - 1; j >= 0; j--)
                common[i, j] = left[i] == right[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        return common;
    }

    private static void Add(List<DifferencePart> parts, DifferenceKind kind, IEnumerable<string> words)
    {
        var text = string.Concat(words);
        if (text.Length == 0) return;

        if (parts.Count > 0 && parts[^1].Kind == kind) parts[^1] = parts[^1] with { Text = parts[^1].Text + text };
        else parts.Add(new(kind, text));
    }

    [GeneratedRegex(@"[\u3040-\u30FF\u3400-\u9FFF\uAC00-\uD7AF]|[\w-[\u3040-\u30FF\u3400-\u9FFF\uAC00-\uD7AF]]+|\s+|[\uD800-\uDBFF][\uDC00-\uDFFF]|.", RegexOptions.Singleline, matchTimeoutMilliseconds: 2000)]
    private static partial Regex Word();
}
