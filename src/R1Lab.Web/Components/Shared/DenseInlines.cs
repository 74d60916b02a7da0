using System.Buffers;
using Markdig;
using Markdig.Parsers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace R1Lab.Web.Components.Shared;

/// <summary>
/// The inline parser's time grows with the square of the delimiters of one paragraph: 40,000 of them take more than a second. A paragraph with
/// too many keeps its text as it is written.
/// </summary>
internal static class DenseInlines
{
    /// <summary>Parsed in about ten milliseconds.</summary>
    private const int MostDelimiters = 4000;

    private static readonly SearchValues<char> Delimiters = SearchValues.Create("[]()!*_~^+=<>&`\\:");

    public static MarkdownPipelineBuilder Guard(MarkdownPipelineBuilder builder)
    {
        foreach (var parser in builder.BlockParsers.OfType<BlockParser>()) parser.Closed += KeepDenseText;
        return builder;
    }

    private static void KeepDenseText(BlockProcessor processor, Block block)
    {
        if (block is not LeafBlock { ProcessInlines: true } leaf || CountDelimiters(leaf) <= MostDelimiters) return;
        leaf.ProcessInlines = false;
        leaf.Inline = new ContainerInline();
        leaf.Inline.AppendChild(new LiteralInline(leaf.Lines.ToString()));
    }

    private static int CountDelimiters(LeafBlock leaf)
    {
        var count = 0;
        for (var at = 0; at < leaf.Lines.Count; at++)
        {
            foreach (var sign in leaf.Lines.Lines[at].Slice.AsSpan())
            {
                if (Delimiters.Contains(sign)) count++;
            }
        }

        return count;
    }
}
