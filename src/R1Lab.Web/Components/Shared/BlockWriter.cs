using System.Globalization;
using System.Text;
using Markdig;
using Markdig.Renderers;
using Markdig.Syntax;

namespace R1Lab.Web.Components.Shared;

/// <summary>Writes blocks of one document one after another; making a renderer costs more than most blocks.</summary>
internal sealed class BlockWriter(MarkdownPipeline pipeline)
{
    private readonly StringBuilder _html = new();
    private HtmlRenderer? _renderer;

    /// <summary>The block's HTML; null where the renderer threw.</summary>
    public string? Write(Block block)
    {
        _html.Clear();
        try
        {
            (_renderer ??= Renderer()).Render(block);
            return _html.ToString();
        }
        catch (Exception)
        {
            _renderer = null; // its state is that of the moment it failed
            return null;
        }
    }

    private HtmlRenderer Renderer()
    {
        var renderer = new HtmlRenderer(new StringWriter(_html, CultureInfo.InvariantCulture));
        pipeline.Setup(renderer);
        return renderer;
    }
}
