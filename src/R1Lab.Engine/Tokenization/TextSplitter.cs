using System.Runtime.InteropServices;
using System.Text;

namespace R1Lab.Engine.Tokenization;

internal enum SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous }

/// <summary>The pre-tokenizer of a tokenizer.json: cuts text into the pieces that byte pair merges never cross.</summary>
internal sealed class TextSplitter
{
    private const int MostSteps = 32;

    private readonly Step[] _steps;

    private TextSplitter(Step[] steps) => _steps = steps;

    /// <summary>Reads the <c>pre_tokenizer</c>. The last step must be ByteLevel, for only byte-level vocabularies are supported.</summary>
    public static TextSplitter Read(JsonField root)
    {
        var field = root.Required("pre_tokenizer");
        var leaves = Leaves(field).ToArray();
        var steps = new List<Step>();
        for (var index = 0; index < leaves.Length; index++)
        {
            var (leaf, type) = leaves[index];
            if (type == "ByteLevel" != (index == leaves.Length - 1)) throw leaf.Wrong("splitter_last", $"one ByteLevel step must come last: only byte-level BPE is supported");
            steps.AddRange(Steps(leaf, type));
        }

        if (steps.Count > MostSteps) throw field.Wrong("too_many_steps", $"has more than {MostSteps} steps");
        if (leaves.Length == 0) throw field.Wrong("splitter_none", $"has no ByteLevel step: only byte-level BPE is supported");
        return new TextSplitter([.. steps]);
    }

    /// <summary>The pieces of a well-formed text, in order.</summary>
    public List<ReadOnlyMemory<char>> Split(ReadOnlyMemory<char> text, SplitDeadline deadline)
    {
        List<ReadOnlyMemory<char>> pieces = [text];
        var segments = new List<Segment>();
        foreach (var step in _steps)
        {
            var next = new List<ReadOnlyMemory<char>>(pieces.Count);
            foreach (var piece in pieces) step.Run(piece, segments, next, deadline);
            pieces = next;
        }

        return pieces;
    }

    private static IEnumerable<(JsonField Field, string Type)> Leaves(JsonField field)
    {
        var type = field.Required("type").Text();
        return type == "Sequence" ? field.Required("pretokenizers").Items().SelectMany(Leaves) : [(field, type)];
    }

    private static IEnumerable<Step> Steps(JsonField field, string type)
    {
        switch (type)
        {
            case "ByteLevel":
                if (field.FlagOf("add_prefix_space", true)) yield return new PrefixStep();
                if (field.FlagOf("use_regex", true)) yield return new PatternStep(WordScanner.Gpt2, SplitBehavior.Isolated, false);
                break;
            case "Split":
                yield return new PatternStep(Pattern(field.Required("pattern")), Behavior(field.Required("behavior")), field.FlagOf("invert"));
                break;
            case "Digits":
                var behavior = field.FlagOf("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous;
                yield return new PatternStep(new CharacterPattern(Rune.IsNumber), behavior, false);
                break;
            case "Punctuation":
                var cut = field.Optional("behavior") is { } given ? Behavior(given) : SplitBehavior.Isolated;
                yield return new PatternStep(new CharacterPattern(IsPunctuation), cut, false);
                break;
            default:
                throw field.Required("type").Wrong("splitter_unsupported", $"unsupported pre-tokenizer {type}; supported: ByteLevel, Split, Digits, Punctuation, Sequence");
        }
    }

    private static SplitPattern Pattern(JsonField field)
    {
        if (field.Optional("Regex") is { } expression) return WordScanner.For(expression.Text()) ?? (SplitPattern)new RegexPattern(expression);
        var literal = field.Optional("String") ?? throw field.Wrong("splitter_pattern", $"must hold Regex or String");
        return literal.Text().Length > 0 ? new LiteralPattern(literal.Text()) : throw literal.Wrong("must_not_be_empty", $"must not be empty");
    }

    private static SplitBehavior Behavior(JsonField field) => Enum.TryParse<SplitBehavior>(field.Text(), out var behavior)
        ? behavior
        : throw field.Wrong("splitter_behavior", $"unknown behavior {field.Text()}; known: {string.Join(", ", Enum.GetNames<SplitBehavior>())}");

    private static bool IsPunctuation(Rune rune) => rune.IsAscii ? char.IsAsciiLetterOrDigit((char)rune.Value) is false && rune.Value is > 32 and < 127 : Rune.IsPunctuation(rune);

    private abstract class Step
    {
        public abstract void Run(ReadOnlyMemory<char> piece, List<Segment> segments, List<ReadOnlyMemory<char>> result, SplitDeadline deadline);
    }

    private sealed class PrefixStep : Step
    {
        public override void Run(ReadOnlyMemory<char> piece, List<Segment> segments, List<ReadOnlyMemory<char>> result, SplitDeadline deadline) =>
            result.Add(piece.Span.StartsWith(' ') ? piece : string.Concat(" ", piece.Span).AsMemory());
    }

    private sealed class PatternStep(SplitPattern pattern, SplitBehavior behavior, bool invert) : Step
    {
        public override void Run(ReadOnlyMemory<char> piece, List<Segment> segments, List<ReadOnlyMemory<char>> result, SplitDeadline deadline)
        {
            segments.Clear();
            pattern.Find(piece.Span, segments, deadline);
            if (invert)
            {
                foreach (ref var segment in CollectionsMarshal.AsSpan(segments)) segment = segment with { IsMatch = !segment.IsMatch };
            }

            foreach (var segment in Join(segments)) result.Add(piece[segment.Start..segment.End]);
        }

        private IEnumerable<Segment> Join(List<Segment> segments) => behavior switch
        {
            SplitBehavior.Isolated => segments,
            SplitBehavior.Removed => segments.Where(segment => !segment.IsMatch),
            SplitBehavior.Contiguous => Join(segments, (left, right) => left.IsMatch == right.IsMatch),
            SplitBehavior.MergedWithPrevious => Join(segments, (left, right) => right.IsMatch && !left.IsMatch),
            _ => Join(segments, (left, right) => left.IsMatch && !right.IsMatch),
        };

        /// <summary>Joins neighbours for which the rule holds between the two that touch.</summary>
        private static IEnumerable<Segment> Join(List<Segment> segments, Func<Segment, Segment, bool> belong)
        {
            var start = 0;
            for (var index = 0; index < segments.Count; index++)
            {
                var last = index + 1 == segments.Count;
                if (!last && belong(segments[index], segments[index + 1])) continue;
                yield return new Segment(segments[start].Start, segments[index].End, segments[index].IsMatch);
                start = index + 1;
            }
        }
    }
}
