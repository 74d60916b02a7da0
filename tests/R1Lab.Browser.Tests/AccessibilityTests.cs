using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>axe finds nothing on any page with data, in either language and theme, on a desktop and on a phone.</summary>
[Collection(nameof(FilledLab))]
public sealed class AccessibilityTests(FilledLab lab)
{
    private static readonly AxeRunOptions Options = new() { Rules = new() { ["target-size"] = new() { Enabled = true } } };

    [Theory]
    [InlineData("en", 1440, "dark"), InlineData("zh-CN", 390, "light")]
    public async Task Pages_WithData_HaveNoFindings(string language, int width, string theme)
    {
        var page = await lab.OpenAsync(language, width, theme);
        var found = new List<string>();
        foreach (var path in FilledLab.Pages) found.AddRange(await path.FaultsAsync(page, () => FindingsAsync(page)));

        await page.Context.CloseAsync();
        Assert.Empty(found);
    }

    private static async Task<IReadOnlyCollection<string>> FindingsAsync(IPage page)
    {
        var result = await page.RunAxe(Options);
        return
        [
            .. result.Violations.SelectMany(found => found.Nodes.Select(node => $"{found.Id} ({found.Impact}): {node.Html}")),
        ];
    }
}
