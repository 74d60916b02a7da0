using System.Text.Json;
using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>What operates the controls of the pages says which fault a control has.</summary>
public sealed class ControlHandTests
{
    private const string Tell = "fetch('http://127.0.0.1:9/').catch(() => 0);"; // nothing listens there

    /// <summary>A control, and what is wrong with it.</summary>
    private static readonly (string Control, string? Fault)[] Controls =
    [
        ("<button>Dead</button>", "nothing happened"),
        ("<button onclick='this.textContent += \"!\"'>Live</button>", null),
        ("<input value='a'>", "neither the lab nor a script hears of its value"),
        ($"<input value='a' onchange=\"{Tell} this.value = ''\">", "lost what was entered: \"a x\" became \"\""),
        ($"<input value='a' onchange=\"{Tell}\">", null),
        ($"<input type='checkbox' onchange=\"{Tell} this.checked = false\">", "nothing happened"),
        ($"<select onchange=\"{Tell} this.selectedIndex = -1\"><option>a<option>b</select>", "shows no choice after \"b\" was chosen"),
        ($"<select onchange=\"{Tell} this.selectedIndex = 0\"><option>a<option>b</select>", "nothing happened"),
        ($"<select onchange=\"{Tell}\"><option>a<option>b</select>", null),
    ];

    [Fact]
    public async Task Fault_OfOneControl_IsNamed()
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.Chromium.NewPageAsync();
        var hand = new ControlHand(page, TimeSpan.FromSeconds(2));
        var said = new List<(string Control, string? Fault)>();
        foreach (var (control, _) in Controls)
        {
            await page.SetContentAsync(control);
            var list = await page.EvaluateAsync<string>(PageScripts.Controls, new { page = "/", language = "" });
            var listed = JsonSerializer.Deserialize<ControlLayer>(list, JsonSerializerOptions.Web)!;
            said.Add((control, await hand.FaultAsync(Assert.Single(listed.Controls))));
        }

        Assert.Equal(Controls, said);
    }
}
