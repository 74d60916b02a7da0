using MudBlazor;

namespace R1Lab.Web.Components.Layout;

/// <summary>The lab's colours and type for MudBlazor; wwwroot/css/lab.css holds the same tokens for everything else.</summary>
public static class LabTheme
{
    private static readonly string[] Fonts = ["system-ui", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"];

    /// <summary>Colours of chart series, in order; they also differ by dash and marker.</summary>
    public static IReadOnlyList<string> LightSeries { get; } = ["#0072B2", "#D55E00", "#00785A", "#B5478C", "#8A6D00", "#5B5FC7", "#5A6472"];

    public static IReadOnlyList<string> DarkSeries { get; } = ["#56B4E9", "#F28E2B", "#2CC295", "#E58FC0", "#F0C94A", "#A5A8FF", "#B6C0CC"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = Light(),
        PaletteDark = Dark(),
        Typography = Type(),
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", DrawerWidthLeft = "232px", AppbarHeight = "56px" },
    };

    private static PaletteLight Light() => new()
    {
        Background = "#F6F8FA",
        BackgroundGray = "#EEF1F4",
        Surface = "#FFFFFF",
        AppbarBackground = "#FFFFFF",
        AppbarText = "#1F2328",
        DrawerBackground = "#FFFFFF",
        DrawerText = "#1F2328",
        DrawerIcon = "#57606A",
        TextPrimary = "#1F2328",
        TextSecondary = "#57606A",
        TextDisabled = "#6B7480",
        Primary = "#3B5BDB",
        PrimaryContrastText = "#FFFFFF",
        Secondary = "#57606A",
        SecondaryContrastText = "#FFFFFF",
        Tertiary = "#5B5FC7",
        Success = "#16752F",
        Warning = "#875A00",
        Error = "#CF222E",
        Info = "#0969DA",
        SuccessContrastText = "#FFFFFF",
        WarningContrastText = "#FFFFFF",
        ErrorContrastText = "#FFFFFF",
        InfoContrastText = "#FFFFFF",
        ActionDefault = "#57606A",
        ActionDisabled = "#8C959F",
        ActionDisabledBackground = "#EEF1F4",
        LinesDefault = "#D0D7DE",
        LinesInputs = "#818B98",
        Divider = "#D0D7DE",
        DividerLight = "#E6EAEE",
        TableLines = "#D0D7DE",
        TableHover = "#EEF1F4",
        TableStriped = "#F6F8FA",
        Dark = "#1F2328",
        DarkContrastText = "#FFFFFF",
    };

    private static PaletteDark Dark() => new()
    {
        Background = "#0F1216",
        BackgroundGray = "#1D232B",
        Surface = "#171B21",
        AppbarBackground = "#171B21",
        AppbarText = "#E6EDF3",
        DrawerBackground = "#171B21",
        DrawerText = "#E6EDF3",
        DrawerIcon = "#9DA7B3",
        TextPrimary = "#E6EDF3",
        TextSecondary = "#9DA7B3",
        TextDisabled = "#8A94A0",
        Primary = "#9DB2FF",
        PrimaryContrastText = "#0F1216",
        Secondary = "#9DA7B3",
        SecondaryContrastText = "#0F1216",
        Tertiary = "#A5A8FF",
        Success = "#3FB950",
        Warning = "#D29922",
        Error = "#FF7B72",
        Info = "#58A6FF",
        SuccessContrastText = "#0F1216",
        WarningContrastText = "#0F1216",
        ErrorContrastText = "#0F1216",
        InfoContrastText = "#0F1216",
        ActionDefault = "#9DA7B3",
        ActionDisabled = "#6E7781",
        ActionDisabledBackground = "#1D232B",
        LinesDefault = "#2D343D",
        LinesInputs = "#768390",
        Divider = "#2D343D",
        DividerLight = "#232931",
        TableLines = "#2D343D",
        TableHover = "#1D232B",
        TableStriped = "#13171C",
        Dark = "#E6EDF3",
        DarkContrastText = "#0F1216",
    };

    private static Typography Type() => new()
    {
        Default = new DefaultTypography { FontFamily = Fonts, FontSize = "14px", LineHeight = "1.6", LetterSpacing = "normal" },
        H1 = new H1Typography { FontFamily = Fonts, FontSize = "28px", FontWeight = "600", LineHeight = "1.3", LetterSpacing = "normal" },
        H2 = new H2Typography { FontFamily = Fonts, FontSize = "20px", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "normal" },
        H3 = new H3Typography { FontFamily = Fonts, FontSize = "16px", FontWeight = "600", LineHeight = "1.5", LetterSpacing = "normal" },
        H4 = new H4Typography { FontFamily = Fonts, FontSize = "16px", FontWeight = "600", LineHeight = "1.5", LetterSpacing = "normal" },
        H5 = new H5Typography { FontFamily = Fonts, FontSize = "16px", FontWeight = "600", LineHeight = "1.5", LetterSpacing = "normal" },
        H6 = new H6Typography { FontFamily = Fonts, FontSize = "16px", FontWeight = "600", LineHeight = "1.5", LetterSpacing = "normal" },
        Body1 = new Body1Typography { FontFamily = Fonts, FontSize = "14px", LineHeight = "1.6", LetterSpacing = "normal" },
        Body2 = new Body2Typography { FontFamily = Fonts, FontSize = "13px", LineHeight = "1.6", LetterSpacing = "normal" },
        Caption = new CaptionTypography { FontFamily = Fonts, FontSize = "12px", LineHeight = "1.6", LetterSpacing = "normal" },
        Button = new ButtonTypography { FontFamily = Fonts, FontSize = "14px", FontWeight = "500", TextTransform = "none", LetterSpacing = "normal" },
        Subtitle1 = new Subtitle1Typography { FontFamily = Fonts, FontSize = "16px", LineHeight = "1.6", LetterSpacing = "normal" },
        Subtitle2 = new Subtitle2Typography { FontFamily = Fonts, FontSize = "14px", FontWeight = "500", LineHeight = "1.6", LetterSpacing = "normal" },
        Overline = new OverlineTypography { FontFamily = Fonts, FontSize = "12px", TextTransform = "none", LetterSpacing = "normal" },
    };
}
