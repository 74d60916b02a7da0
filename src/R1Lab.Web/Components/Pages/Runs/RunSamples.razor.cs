using System.Globalization;
using Microsoft.AspNetCore.Components;
using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Fixed prompts answered while the model learns: text beside the base's, and how it thinks.</summary>
public sealed partial class RunSamples
{
    // More answers side by side than this are looked at three at a time, unless somebody wants them all.
    private const int EasilySeen = 8;

    private static readonly IReadOnlyList<(string Key, Func<ThinkingGauge, double?> Value, Func<ThinkingGauge, string> Show)> GaugeRows =
    [
        ("thinks", gauge => gauge.Thinks, gauge => Of(gauge.Thinks, gauge.Prompts)),
        ("thought_tokens", gauge => gauge.ThoughtTokens, gauge => gauge.ThoughtTokens.ToString("N0", CultureInfo.CurrentCulture)),
        ("answers", gauge => gauge.Answers, gauge => Of(gauge.Answers, gauge.Prompts)),
        ("stops", gauge => gauge.Stops, gauge => Of(gauge.Stops, gauge.Prompts)),
    ];

    private bool? _whole;
    private bool _differences;
    private int? _chosen;

    [Parameter, EditorRequired]
    public required int RunId { get; set; }

    /// <summary>The recipe's probe prompts.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<string> Prompts { get; set; }

    [Parameter, EditorRequired]
    public required IReadOnlyList<RunProbe> Probes { get; set; }

    [Parameter]
    public int? BestStep { get; set; }

    /// <summary>Whether answers may still come.</summary>
    [Parameter]
    public bool IsUnderWay { get; set; }

    private IReadOnlyList<ThinkingGauge> Gauges => ThinkingGauge.Of(Probes);

    private List<int> Steps => [.. Probes.Select(probe => probe.Step).Distinct().Order()];

    private bool Whole => Steps.Count <= 3 || (_whole ?? Steps.Count <= EasilySeen);

    /// <summary>Place among the steps; the best one between base and newest, or the one in the middle, until somebody chooses.</summary>
    private int Chosen => Math.Clamp(_chosen ?? (BestPlace is > 0 and var place && place < Steps.Count - 1 ? place : Steps.Count / 2), 1, Steps.Count - 1);

    private int BestPlace => BestStep is { } best ? Steps.IndexOf(best) : -1;

    private IReadOnlyList<int> Shown => Whole ? Steps : [.. new[] { Steps[0], Steps[Chosen], Steps[^1] }.Distinct()];

    private string StepName(int step) => step == 0 ? Text["Base"] : Text["AtStep", step];

    private static string Of(int count, int all) => string.Create(CultureInfo.CurrentCulture, $"{count} / {all}");

    private void Choose(ChangeEventArgs change) => _chosen = int.TryParse(change.Value as string, CultureInfo.InvariantCulture, out var place) ? place : null;
}
