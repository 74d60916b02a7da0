using Bunit;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Charts;

namespace R1Lab.Web.Tests.Charts;

/// <summary>What the charts ask of the browser, call by call.</summary>
public sealed class LiveChartTests : PageTest
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public async Task Append_NewStep_IsOneCallAndNoRendering()
    {
        List<StepMetrics> metrics = [Step(1)];
        var chart = ShowRun(metrics);
        var (rendered, drawn) = (Live(chart).RenderCount, Calls("react"));

        metrics.Add(Step(2));
        await chart.InvokeAsync(() => chart.Instance.AppendAsync([metrics[^1]]));
        chart.Render();

        Assert.Equal((1, drawn, rendered), (Calls("extendTraces"), Calls("react"), Live(chart).RenderCount));
    }

    [Fact]
    public async Task Append_FirstEvaluation_DrawsAnew()
    {
        List<StepMetrics> metrics = [Step(1)];
        var chart = ShowRun(metrics);
        var drawn = Calls("react");

        metrics.Add(Step(2, evaluation: 1));
        await chart.InvokeAsync(() => chart.Instance.AppendAsync([metrics[^1]]));

        Assert.Equal((0, drawn + 1), (Calls("extendTraces"), Calls("react")));
    }

    [Fact]
    public void Render_OtherThemeSettingsOrNumbers_DrawsAnewEachTime()
    {
        var chart = ShowRun([Step(1)]);
        var drawn = Calls("react");

        chart.Render(parameters => parameters.Add(one => one.Dark, true));
        chart.Render(parameters => parameters.Add(one => one.Settings, new ChartSettings(LogScale: true)));
        chart.Render(parameters => parameters.Add(one => one.Version, 1));

        Assert.Equal(drawn + 3, Calls("react"));
    }

    [Fact]
    public async Task Append_WhileTheBrowserStillDrawsForTheFirstTime_IsPartOfTheNextDrawing()
    {
        var browser = JSInterop.SetupModule(_ => true);
        browser.Mode = JSRuntimeMode.Loose;
        var first = browser.SetupVoid("newPlot", _ => true);
        List<StepMetrics> metrics = [Step(1)];
        var chart = Render(metrics);

        metrics.Add(Step(2));
        await chart.InvokeAsync(() => chart.Instance.AppendAsync([metrics[^1]]));
        first.SetVoidResult();
        chart.WaitForAssertion(() => Assert.Single(browser.Invocations, call => call.Identifier == "react"));

        Assert.DoesNotContain(browser.Invocations, call => call.Identifier == "extendTraces");
        var loss = Assert.IsType<Plotly.Blazor.Traces.Scatter>(chart.FindComponent<Plotly.Blazor.PlotlyChart>().Instance.Data[0]);
        Assert.Equal([9.0, 8.0], loss.Y);
    }

    [Fact]
    public async Task Append_StepsOfOneOfTwoRuns_IsOneCallForAllItsCurves()
    {
        var runs = new[] { 1, 2 }.Select(id => new ComparedRun(id, $"run {id}", id - 1, Start, [Step(1)])).ToList();
        var chart = Render<ComparisonChart>(parameters => parameters.Add(one => one.Chart, ComparedRun.Charts[0]).Add(one => one.Runs, runs));
        chart.WaitForAssertion(() => Assert.Equal(1, Calls("react")));

        runs[1].Metrics.Add(Step(2));
        await chart.InvokeAsync(() => chart.Instance.AppendAsync(2, [Step(2)]));

        var call = Assert.Single(JSInterop.Invocations, call => call.Identifier == "extendTraces");
        Assert.Equal([2, 3], Assert.IsAssignableFrom<IEnumerable<int>>(call.Arguments[3])); // loss and smoothed loss of the second run
        Assert.Equal(CurveSet.MostPoints, call.Arguments[4]);
    }

    private int Calls(string what) => JSInterop.Invocations.Count(call => call.Identifier == what);

    private static IRenderedComponent<LiveChart> Live(IRenderedComponent<MetricChart> chart) => chart.FindComponent<LiveChart>();

    private IRenderedComponent<MetricChart> ShowRun(List<StepMetrics> metrics)
    {
        var chart = Render(metrics);
        chart.WaitForAssertion(() => Assert.Equal(1, Calls("react")));
        return chart;
    }

    private IRenderedComponent<MetricChart> Render(List<StepMetrics> metrics) =>
        Render<MetricChart>(parameters => parameters.Add(one => one.Chart, RunChart.All[0]).Add(one => one.Metrics, metrics).Add(one => one.Start, Start));

    private static StepMetrics Step(int step, double? evaluation = null) => new() { Step = step, Loss = 10 - step, EvalLoss = evaluation, At = Start.AddMinutes(step) };
}
