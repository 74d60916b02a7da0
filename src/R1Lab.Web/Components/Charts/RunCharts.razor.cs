using Microsoft.AspNetCore.Components;
using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Charts;

/// <summary>The five charts of a run, or the same numbers as a table.</summary>
public sealed partial class RunCharts
{
    private readonly MetricChart?[] _charts = new MetricChart?[RunChart.All.Count];

    [Parameter, EditorRequired]
    public required IReadOnlyList<RunMetric> Metrics { get; set; }

    [Parameter, EditorRequired]
    public required DateTimeOffset Start { get; set; }

    [Parameter]
    public ChartSettings Settings { get; set; } = new();

    [Parameter]
    public bool ShowTable { get; set; }

    [Parameter]
    public bool Dark { get; set; }

    [Parameter]
    public int Version { get; set; }

    /// <summary>Draws the newest steps, which already stand in <see cref="Metrics"/>.</summary>
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
