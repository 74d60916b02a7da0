namespace R1Lab.Browser.Tests;

/// <summary>Every page with data in it can be read whole on a phone.</summary>
[Collection(nameof(FilledLab))]
public sealed class PhoneTextTests(FilledLab lab)
{
    private const int Phone = 390;
    private const string Sound = "nothing";

    private static readonly Dictionary<string, string> Faulty = new()
    {
        ["cut"] = "<p style='width:90px;overflow:hidden;white-space:nowrap'>A sentence cut at its right edge.</p>",
        ["outside"] = "<p style='position:absolute;left:370px;white-space:nowrap'>A sentence outside.</p>",
        ["no room"] = "<p style='width:0;overflow:hidden'>Blank</p>",
        ["in a region that keys cannot scroll"] = "<div style='width:90px;overflow:auto'><p style='width:400px'>Beyond the keys.</p></div>",
        ["the page scrolls sideways"] = "<div style='width:500px;height:9px'></div>",
        [Sound] = "<div tabindex='0' style='width:90px;overflow:auto'><p style='width:400px'>A sentence within reach.</p></div>",
    };

    [Theory]
    [InlineData("en"), InlineData("zh-CN")]
    public async Task Texts_OnAPhone_AreWholeOrScrollByKeys(string language)
    {
        var page = await lab.OpenAsync(language, Phone, "light");
        var found = new List<string>();
        foreach (var path in FilledLab.Pages)
        {
            found.AddRange(await path.FaultsAsync(page, async () => await page.EvaluateAsync<string[]>(PageScripts.TextBoxes)));
        }

        await page.Context.CloseAsync();
        Assert.Empty(found);
    }

    [Fact]
    public async Task Check_OfAPageWithOneFault_SaysIt()
    {
        var page = await lab.OpenAsync("en", Phone, "light");
        await page.GotoAsync("about:blank"); // the lab's policy refuses the styles below
        var found = new Dictionary<string, string[]>();
        foreach (var (fault, body) in Faulty)
        {
            await page.SetContentAsync(body);
            found[fault] = await page.EvaluateAsync<string[]>(PageScripts.TextBoxes);
        }

        await page.Context.CloseAsync();
        Assert.Empty(found[Sound]);
        found.Remove(Sound);
        Assert.All(found, one => Assert.Contains(one.Value, text => text.StartsWith(one.Key, StringComparison.Ordinal)));
    }
}
