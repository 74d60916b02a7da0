using System.Globalization;
using System.Net;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace R1Lab.Web.Components.Shared;

/// <summary>
/// Markdown to HTML for text that no one has checked: HTML in it is shown as text, links lead only to web and mail addresses, and pictures
/// become their description, so that showing an answer never makes the browser ask another host. It never throws: what cannot be rendered,
/// is nested too deeply to be read or is too long to be parsed is shown as the plain text it is.
/// </summary>
public static class MarkdownRenderer
{
    /// <summary>Longer texts are shown plain: parts of the parser take time in proportion to the square of the length.</summary>
    public const int LongestText = 64_000;

    /// <summary>Blocks nested more deeply have no room left on a screen.</summary>
    public const int DeepestBlock = 12;

    private static readonly string[] Schemes = ["http", "https", "mailto"];

    private static readonly MarkdownPipeline Pipeline = DenseInlines.Guard(
        new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseEmphasisExtras().UseAutoLinks().UseListExtras()).Build();

    /// <summary>The HTML of each top-level block, in order.</summary>
    public static IReadOnlyList<string> Blocks(string text)
    {
        if (text.Length > LongestText || DeepMarkers.In(text)) return [Plain(text)];
        try
        {
            var document = Markdown.Parse(text, Pipeline);
            Tame(document);
            var blocks = document.Where(block => block is not LinkReferenceDefinitionGroup).ToList();
            return blocks.Count == 0 && !string.IsNullOrWhiteSpace(text) ? [Plain(text)] : Html(blocks, text);
        }
        catch (Exception)
        {
            // The parser gives up on deep nesting with an exception; what else it may throw must not hide the text either.
            return [Plain(text)];
        }
    }

    private static List<string> Html(List<Block> blocks, string text)
    {
        var html = new List<string>(blocks.Count);
        var writer = new BlockWriter(Pipeline);
        foreach (var block in blocks) html.Add(IsTooDeep(block) || writer.Write(block) is not { } written ? Plain(SourceOf(block, text)) : Scrollable(block, written));
        return html;
    }

    /// <summary>A wide table scrolls by itself, also by keys.</summary>
    private static string Scrollable(Block block, string html) => block is Table ? $"<div class=\"table-scroll\" tabindex=\"0\">\n{html}</div>\n" : html;

    private static string Plain(string text) => $"<div class=\"markdown-plain\">{WebUtility.HtmlEncode(text)}</div>\n";

    private static string SourceOf(Block block, string text)
    {
        var start = Math.Clamp(block.Span.Start, 0, text.Length);
        return text[start..Math.Clamp(block.Span.End + 1, start, text.Length)];
    }

    private static bool IsTooDeep(Block block)
    {
        var open = new Stack<(Block Block, int Depth)>([(block, 1)]);
        while (open.TryPop(out var next))
        {
            if (next.Depth > DeepestBlock) return true;
            if (next.Block is not ContainerBlock container) continue;
            foreach (var child in container) open.Push((child, next.Depth + 1));
        }

        return false;
    }

    private static void Tame(MarkdownDocument document)
    {
        foreach (var link in document.Descendants<LinkInline>().ToList())
        {
            if (link.IsImage || !IsAllowed(link.GetDynamicUrl?.Invoke() ?? link.Url)) KeepTextOnly(link);
            else OpenElsewhere(link);
        }

        foreach (var link in document.Descendants<AutolinkInline>().ToList())
        {
            if (!link.IsEmail && !IsAllowed(link.Url)) link.ReplaceBy(new LiteralInline(link.Url));
            else OpenElsewhere(link);
        }
    }

    private static bool IsAllowed(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && Schemes.Contains(uri.Scheme);

    private static void KeepTextOnly(LinkInline link)
    {
        var kept = new ContainerInline();
        link.TransferChildrenTo(kept);
        link.ReplaceBy(kept);
    }

    private static void OpenElsewhere(IMarkdownObject link)
    {
        var attributes = link.GetAttributes();
        attributes.AddPropertyIfNotExist("rel", "noopener noreferrer nofollow");
        attributes.AddPropertyIfNotExist("target", "_blank");
    }
}
