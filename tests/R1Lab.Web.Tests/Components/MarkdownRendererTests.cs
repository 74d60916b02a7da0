using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Tests.Components;

public sealed class MarkdownRendererTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("text <svg/onload=alert(1)> text")]
    [InlineData("<a href='javascript:alert(1)'>x</a>")]
    public void Blocks_OfHtml_ShowItAsText(string text)
    {
        var html = string.Concat(MarkdownRenderer.Blocks(text));

        Assert.DoesNotMatch("<(script|img|svg|a)", html);
    }

    [Theory]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](data:text/html,<script>alert(1)</script>)")]
    [InlineData("[x](vbscript:x)")]
    [InlineData("[x](file:///etc/passwd)")]
    [InlineData("[x](/account/sign-out)")]
    [InlineData("[x][1]\n\n[1]: javascript:alert(1)")]
    [InlineData("<javascript:alert(1)>")]
    public void Blocks_OfUnsafeLinks_KeepOnlyTheirText(string text)
    {
        var html = string.Concat(MarkdownRenderer.Blocks(text));

        Assert.DoesNotContain("href", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("![a picture](https://evil.example/x.png)")]
    [InlineData("![a picture][1]\n\n[1]: https://evil.example/x.png")]
    [InlineData("[![a picture](https://evil.example/x.png)](javascript:x)")]
    public void Blocks_OfPictures_AskNoOtherHost(string text)
    {
        var html = string.Concat(MarkdownRenderer.Blocks(text));

        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.Contains("a picture", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_OfWebLinks_OpenElsewhereWithoutReferrer()
    {
        var html = string.Concat(MarkdownRenderer.Blocks("[x](https://example.org/a?b=1&c=2)"));

        Assert.Equal("<p><a href=\"https://example.org/a?b=1&amp;c=2\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">x</a></p>\n", html);
    }

    [Fact]
    public void Blocks_OfAnAnswer_AreItsTopLevelParts()
    {
        var blocks = MarkdownRenderer.Blocks("# 题\n\n一段 **粗体**\n\n- a\n- b\n\n```python\nx = 1 < 2\n```\n\n|a|b|\n|-|-|\n|1|2|");

        string[] starts = ["<h1>", "<p>", "<ul>", "<pre>", "<div class=\"table-scroll\" tabindex=\"0\">\n<table>"];
        Assert.Equal(starts.Length, blocks.Count);
        Assert.All(blocks.Zip(starts), pair => Assert.StartsWith(pair.Second, pair.First, StringComparison.Ordinal));
    }
}
