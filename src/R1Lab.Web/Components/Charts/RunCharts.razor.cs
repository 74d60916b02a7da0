using Microsoft.AspNetCore.Components;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Components.Charts;

/// <summary>The charts of a run that have numbers, or the same numbers as a table.</summary>
public sealed partial class RunCharts
{
    private IReadOnlyList<RunChart> _shown = [];
    private MetricChart?[] _charts = [];

    [Parameter, EditorRequired]
    public required IReadOnlyList<StepMetrics> Metrics { get; set; }

    /// <summary>The metrics that may be shown.</summary>
    [Parameter]
    public IReadOnlyList<MetricDefinition> Definitions { get; set; } = MetricDefinitions.All;

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

    protected override void OnInitialized()
    {
        _shown = RunChart.Of(Definitions);
        _charts = new MetricChart?[_shown.Count];
    }

    /// <summary>Draws what is new; it already stands in <see cref="Metrics"/> and <see cref="Marks"/>.</summary>
    public async Task AppendAsync(IReadOnlyList<StepMetrics> added)
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
