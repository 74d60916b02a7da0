using Microsoft.AspNetCore.Components;
using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Charts;

/// <summary>The charts of a run that have numbers, or the same numbers as a table.</summary>
public sealed partial class RunCharts
{
    private readonly MetricChart?[] _charts = new MetricChart?[RunChart.All.Count];

    [Parameter, EditorRequired]
    public required IReadOnlyList<RunMetric> Metrics { get; set; }

    /// <summary>What happened at which step, for the chart of the loss.</summary>
    [Parameter]
    public IReadOnlyList<RunMark> Marks { get; set; } = [];

    [Parameter, EditorRequired]
    public required DateTimeOffset Start { get; set; }

    /// <summary>Why there are no numbers of the device; null when there are.</summary>
    [Parameter]
    public string? DeviceAbsence { get; set; }

    [Parameter]
    public ChartSettings Settings { get; set; } = new();

    [Parameter]
    public bool ShowTable { get; set; }

    [Parameter]
    public bool Dark { get; set; }

    [Parameter]
    public int Version { get; set; }

    /// <summary>Draws what is new; it already stands in <see cref="Metrics"/> and <see cref="Marks"/>.</summary>
    public async Task AppendAsync(IReadOnlyList<RunMetric> added)
    {
        if (ShowTable)
        {
            StateHasChanged();
            return;
        }

        foreach (var chart in _charts)
        {
            if (chart is not null) await chart.AppendAsync(added);
        }
    }
}
