using System.Globalization;
using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>Cuts a text at added tokens: leftmost match first, the longest token where several begin at one place.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Node _root = new();

    /// <param name="tokens">Tokens with the text each is to be found by (its content, or its normalized content).</param>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        foreach (var (text, token) in tokens)
        {
            if (text.Length == 0) continue;
            var node = _root;
            foreach (var unit in text) node = node.Step(unit);
            node.Token ??= token;
        }
    }

    public bool IsEmpty => _root.Next.Count == 0;

    /// <summary>Pieces in order; a piece with a token is that token (its range includes stripped white space), the others are text between.</summary>
    public List<(Range Range, AddedToken? Token)> Cut(string text)
    {
        var pieces = new List<(Range, AddedToken?)>();
        var done = 0;
        var spaces = 0..0;
        for (var at = 0; !IsEmpty && at < text.Length;)
        {
            var (token, end) = LongestAt(text, at);
            if (token is null)
            {
                at++;
                continue;
            }

            var start = at;
            at = end;
            if (token.SingleWord && !StandsAlone(text, start, end)) continue;
            if (token.StripLeft) start = SpacesBefore(text, start, done);
            if (token.StripRight) end = SpacesAfter(text, end, ref spaces);
            if (done < start) pieces.Add((done..start, null));
            pieces.Add((start..end, token));
            done = end;
        }

        if (done < text.Length) pieces.Add((done..text.Length, null));
        return pieces;
    }

    private (AddedToken? Token, int End) LongestAt(string text, int start)
    {
        AddedToken? found = null;
        var end = start;
        var node = _root;
        for (var at = start; at < text.Length && node.Next.TryGetValue(text[at], out var next); at++)
        {
            node = next;
            if (node.Token is null) continue;
            found = node.Token;
            end = at + 1;
        }

        return (found, end);
    }

    private static bool StandsAlone(string text, int start, int end)
    {
        var before = start > 0 && Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var left, out _) == 0 && IsWord(left);
        var after = end < text.Length && Rune.DecodeFromUtf16(text.AsSpan(end), out var right, out _) == 0 && IsWord(right);
        return !before && !after;
    }

    private static int SpacesBefore(string text, int start, int done)
    {
        if (start < done) return done;
        while (start > done && char.IsWhiteSpace(text[start - 1])) start--;
        return start;
    }

    // The last run of white space is remembered: tokens that are white space themselves would scan it once each.
    private static int SpacesAfter(string text, int start, ref Range spaces)
    {
        if (start >= spaces.Start.Value && start < spaces.End.Value) return spaces.End.Value;
        var end = start;
        while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
        spaces = start..end;
        return end;
    }

    /// <summary>Unicode's \w: letters, marks, digits, letter numbers, connectors and the two joiners.</summary>
    private static bool IsWord(Rune rune) => rune.Value is 0x200C or 0x200D || Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;

    private sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];

        public AddedToken? Token { get; set; }

        public Node Step(char unit)
        {
            if (!Next.TryGetValue(unit, out var node)) Next[unit] = node = new Node();
            return node;
        }
    }
}
