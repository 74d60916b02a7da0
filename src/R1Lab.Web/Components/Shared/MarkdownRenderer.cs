using System.Globalization;
using Markdig;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace R1Lab.Web.Components.Shared;

/// <summary>
/// Markdown to HTML for text nobody has checked: HTML in it is shown as text, links lead only to web and mail addresses, and pictures
/// become their description, so that showing an answer never makes the browser ask another host.
/// </summary>
public static class MarkdownRenderer
{
    private static readonly string[] Schemes = ["http", "https", "mailto"];

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .DisableHtml().UsePipeTables().UseEmphasisExtras().UseAutoLinks().UseListExtras().Build();

    /// <summary>The HTML of each top-level block, in order.</summary>
    public static IReadOnlyList<string> Blocks(string text)
    {
        var document = Markdown.Parse(text, Pipeline);
        Tame(document);
        return [.. document.Where(block => block is not LinkReferenceDefinitionGroup).Select(Html)];
    }

    private static string Html(Block block)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture);
        var renderer = new HtmlRenderer(writer);
        Pipeline.Setup(renderer);
        renderer.Render(block);
        return writer.ToString();
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
