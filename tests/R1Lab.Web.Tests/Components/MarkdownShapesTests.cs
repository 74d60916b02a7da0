using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using CsCheck;
using R1Lab.Engine.Tests;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Tests.Components;

/// <summary>Texts that break Markdown parsers: deep nesting, and shapes whose parsing takes time in proportion to the square of their length.</summary>
public sealed partial class MarkdownShapesTests
{
    /// <summary>Far above what any shape needs on an idle machine; the unguarded parser takes minutes for the worst of them.</summary>
    private static readonly TimeSpan Limit = Patience.For(TimeSpan.FromSeconds(5));

    private static readonly string[] Pieces =
    [
        ">", "> ", "- ", "* ", "+ ", "1. ", "1) ", "[", "]", "[a](", "](b)", "![", "*", "**", "_", "*a ", "a*", "**a ", "b** ", "~~", "~a ", "^a", "++a", "==b", "`", "`a", "```\n", "~~~\n", "<", "<a@",
        "<b>", "&a;", "&#0;", "\\", "|", "|a", "|-", "a|b\n", "|-|-|\n", "[a]: b\n", "[a]", "http://a", "www.a ", "# ", "---\n", "\n", "\n\n", "    ", "\t", " ", "a", "中", "\0", "\ud800", "\u202e", "😀",
    ];

    private static readonly Gen<string> Piece = Gen.Int[0, Pieces.Length - 1].Select(at => Pieces[at]);

    private static readonly Gen<string> Repeated = Gen.Select(Piece, Piece, Gen.Int[1, 3000], (one, two, count) => string.Concat(Enumerable.Repeat(one + two, count)));

    private static readonly Gen<string> Mixed = Piece.Array[0, 400].Select(string.Concat);

    private static readonly Gen<string> Nested = Gen.Select(Piece, Piece, Gen.Int[1, 600], (open, close, depth) =>
        string.Concat(Enumerable.Repeat(open, depth)) + "a" + string.Concat(Enumerable.Repeat(close, depth)));

    private static readonly Gen<string> Stairs = Gen.Select(Piece, Gen.Int[1, 150], (piece, lines) =>
        string.Join('\n', Enumerable.Range(1, lines).Select(line => string.Concat(Enumerable.Repeat(piece, line)) + "a")));

    [Fact]
    public void Blocks_OfGeneratedShapes_AreSafeHtmlInTime() =>
        Gen.OneOf(Repeated, Mixed, Nested, Stairs, Gen.String).Hold(AssertShown, cases: 300);

    [Theory]
    [InlineData(">", 129), InlineData("> ", 129), InlineData(">", 64_000), InlineData("> - ", 16_000), InlineData("- ", 300), InlineData("1. ", 300)]
    [InlineData("[", 300), InlineData("[", 64_000), InlineData("![", 30_000), InlineData("[a](", 16_000), InlineData("[[a]", 16_000), InlineData("![[]()", 10_000)]
    [InlineData("*", 300), InlineData("*a ", 20_000), InlineData("*a_ ", 16_000), InlineData("a**b", 16_000), InlineData("*_", 30_000), InlineData("^a", 30_000)]
    [InlineData("|", 64_000), InlineData("|a", 30_000), InlineData("|1|2|\n", 10_000), InlineData("* |", 20_000), InlineData("# a\n", 16_000), InlineData("[a]: b\n", 9_000)]
    [InlineData("`", 64_000), InlineData("`a``b```c", 7_000), InlineData("<", 64_000), InlineData("<a@", 20_000), InlineData("&a;", 20_000), InlineData("http://a", 8_000)]
    [InlineData("x", 1_000_000)]
    public void Blocks_OfRepeatedMarks_AreSafeHtmlInTime(string mark, int count) => AssertShown(string.Concat(Enumerable.Repeat(mark, count)));

    [Theory]
    [InlineData("[", "](b)", 200), InlineData("*_", "_*", 300), InlineData("**a ", "b** ", 300), InlineData("> ", "", 200), InlineData("  - ", "", 200)]
    public void Blocks_OfDeepNesting_KeepEveryWord(string open, string close, int depth)
    {
        var html = string.Concat(MarkdownRenderer.Blocks($"before\n\n{string.Concat(Enumerable.Repeat(open, depth))}inside{string.Concat(Enumerable.Repeat(close, depth))}\n\nafter"));

        Assert.Contains("before", html, StringComparison.Ordinal);
        Assert.Contains("inside", html, StringComparison.Ordinal);
        Assert.Contains("after", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_OfADefinitionOnly_ShowItAsText()
    {
        var html = string.Concat(MarkdownRenderer.Blocks("[answer]: forty-two"));

        Assert.Contains("[answer]: forty-two", WebUtility.HtmlDecode(html), StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_TooDeepToRead_LeaveTheirNeighboursFormatted()
    {
        var blocks = MarkdownRenderer.Blocks($"**bold**\n\n{string.Concat(Enumerable.Repeat("> ", 30))}deep");

        Assert.Equal("<p><strong>bold</strong></p>\n", blocks[0]);
        Assert.StartsWith("<div class=\"markdown-plain\">&gt; &gt;", blocks[1], StringComparison.Ordinal);
    }

    private static void AssertShown(string text)
    {
        var clock = Stopwatch.StartNew();

        var html = string.Concat(MarkdownRenderer.Blocks(text));

        Assert.True(clock.Elapsed < Limit, $"{clock.Elapsed} for {text.Length} characters beginning with {text[..Math.Min(40, text.Length)]}");
        Assert.DoesNotMatch(UnsafeTag(), html);
        if (!string.IsNullOrWhiteSpace(text.Replace('\0', ' '))) Assert.NotEmpty(html);
    }

    [GeneratedRegex("<(?:script|img|svg|iframe|b>|[a-z]+ [^>]*on[a-z]+=)", RegexOptions.None, 5000)]
    private static partial Regex UnsafeTag();
}
