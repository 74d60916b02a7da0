using System.Globalization;
using System.Text.RegularExpressions;
using MudBlazor;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Layout;

namespace R1Lab.Web.Tests.Components;

public sealed class ThemeTests
{
    private const double ReadableContrast = 4.5; // WCAG 2.2, 1.4.3

    public static TheoryData<string> Palettes => ["light", "dark"];

    [Theory, MemberData(nameof(Palettes))]
    public void Texts_OnEverySurface_AreReadable(string theme)
    {
        var palette = PaletteOf(theme);
        string[] grounds = [palette.Background.Value, palette.Surface.Value, palette.AppbarBackground.Value, palette.DrawerBackground.Value];
        (string Name, string Color)[] texts =
        [
            ("text", palette.TextPrimary.Value), ("secondary", palette.TextSecondary.Value), ("primary", palette.Primary.Value), ("success", palette.Success.Value),
            ("warning", palette.Warning.Value), ("error", palette.Error.Value), ("info", palette.Info.Value),
        ];

        var faint = from text in texts from ground in grounds let contrast = Contrast(text.Color, ground) where contrast < ReadableContrast select $"{text.Name} {text.Color} on {ground}: {contrast:0.00}";

        Assert.Empty(faint);
    }

    [Theory, MemberData(nameof(Palettes))]
    public void Labels_OnColouredButtons_AreReadable(string theme)
    {
        var palette = PaletteOf(theme);
        (string Label, string Ground)[] pairs =
        [
            (palette.PrimaryContrastText.Value, palette.Primary.Value), (palette.SuccessContrastText.Value, palette.Success.Value), (palette.WarningContrastText.Value, palette.Warning.Value),
            (palette.ErrorContrastText.Value, palette.Error.Value), (palette.InfoContrastText.Value, palette.Info.Value),
        ];

        var faint = pairs.Where(pair => Contrast(pair.Label, pair.Ground) < ReadableContrast);

        Assert.Empty(faint);
    }

    [Theory, MemberData(nameof(Palettes))]
    public void StyleSheet_HoldsTheColoursOfTheTheme(string theme)
    {
        var palette = PaletteOf(theme);
        var sheet = File.ReadAllText(Path.Combine(ReferenceFiles.Repository, "wwwroot", "css", "lab.css"));
        var block = theme == "dark" ? sheet[sheet.IndexOf(":root[data-theme=\"dark\"]", StringComparison.Ordinal)..] : sheet;

        var tokens = new Dictionary<string, string>();
        foreach (Match match in Regex.Matches(block, "--lab-(?<name>[a-z0-9-]+): (?<color>#[0-9A-F]{6});", RegexOptions.NonBacktracking)) tokens.TryAdd(match.Groups["name"].Value, match.Groups["color"].Value);

        var series = theme == "dark" ? LabTheme.DarkSeries : LabTheme.LightSeries;
        Assert.Equal(series, Enumerable.Range(1, series.Count).Select(number => tokens[$"series-{number}"]));
        Assert.Equal(
            [Hex(palette.Background), Hex(palette.Surface), Hex(palette.TextPrimary), Hex(palette.TextSecondary), Hex(palette.Primary), Hex(palette.Success), Hex(palette.Warning), Hex(palette.Error), Hex(palette.Info)],
            new[] { "background", "surface", "text", "text-secondary", "primary", "success", "warning", "error", "info" }.Select(name => tokens[name]));
    }

    private static Palette PaletteOf(string theme) => theme == "dark" ? LabTheme.Theme.PaletteDark : LabTheme.Theme.PaletteLight;

    private static string Hex(MudBlazor.Utilities.MudColor color) => color.Value[..7].ToUpperInvariant();

    private static double Contrast(string one, string other)
    {
        double[] luminance = [Luminance(one), Luminance(other)];
        return (luminance.Max() + 0.05) / (luminance.Min() + 0.05);
    }

    private static double Luminance(string color)
    {
        double Channel(int at)
        {
            var value = int.Parse(color.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Channel(1)) + (0.7152 * Channel(3)) + (0.0722 * Channel(5));
    }
}
