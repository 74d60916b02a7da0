using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Logging.Abstractions;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Logging;
using R1Lab.Engine.Training.Receipts;
using R1Lab.Engine.Training.Reporting;
using R1Lab.Tests.Shared;
using R1Lab.Web.Api;
using R1Lab.Web.Components.Charts;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

/// <summary>
/// One metric more, with a definition, a value and two texts, reaches everything that knows metrics. A commit that adds one touches four
/// files: <c>MetricDefinitions.cs</c>, the file
/// that measures it, <c>RunCharts.resx</c> and <c>RunCharts.zh-CN.resx</c>.
/// </summary>
public sealed class NewMetricTests : PageTest
{
    private static readonly IReadOnlyList<MetricDefinition> Definitions =
    [
        .. MetricDefinitions.All,
        new("reward_margin", MetricUnit.Number, "reward_margin")
        {
            TensorBoardTag = "train/rewards/margins", TrainerStateName = "rewards/margins",
            Optional = true, Repeatable = true, InComparison = true, Figure = MetricFigure.Last, Series = 2,
        },
    ];

    private static readonly JsonSerializerOptions Json = new() { Converters = { new RunMetricViewConverter(Definitions) } };

    private static readonly Dictionary<string, string> Texts = new() { ["en"] = "Reward margin", ["zh-CN"] = "奖励间隔" };

    private static readonly StepMetrics[] Steps = [Step(1, 0.5), Step(2, 0.625)];

    public NewMetricTests()
    {
        var known = Services.BuildServiceProvider().GetRequiredService<IStringLocalizer<RunCharts>>();
        Services.AddSingleton<IStringLocalizer<RunCharts>>(new WithOneMore(known));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Database_KeepsIt()
    {
        await Get<R1Lab.Data.LabDatabase>().MigrateAsync(Cancel);
        var store = Get<RunStore>();
        var run = await store.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo"), Cancel);
        await using (var recorder = new RunRecorder(run.Id, store, Get<RunFeed>(), TimeProvider.System, NullLogger.Instance))
        {
            foreach (var step in Steps) recorder.Record(step);
        }

        Assert.Equal(Steps, await store.StepsAsync(run.Id, cancellationToken: Cancel));
        Assert.Equal([(1, 0.5), (2, 0.625)], await store.CurveAsync(run.Id, "reward_margin", Cancel));
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh-CN")]
    public void Charts_DrawItUnderItsName(string language)
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new CultureInfo(language);

        var charts = ShowCharts(table: false);

        var figure = charts.Find("[data-chart=reward_margin]");
        Assert.Equal(Texts[language], figure.QuerySelector("figcaption")!.TextContent);
        var drawn = charts.FindComponents<MetricChart>()[^1].FindComponent<Plotly.Blazor.PlotlyChart>().Instance.Data;
        var trace = Assert.IsType<Plotly.Blazor.Traces.Scatter>(drawn[0]);
        Assert.Equal(Texts[language], trace.Name);
        Assert.Equal([0.5, 0.625], trace.Y);
    }

    [Fact]
    public void Table_HasItsColumn()
    {
        var table = ShowCharts(table: true);

        Assert.Equal("Reward margin", table.Find("[data-column=reward_margin]").TextContent);
    }

    [Fact]
    public void Comparison_HasItsChartAndFigure()
    {
        var chart = RunChart.ForComparison(Definitions)[^1];

        Assert.Equal(("reward_margin", "Metric_reward_margin", 0.625), (chart.Key, chart.TitleKey, chart.Curves.Single().Value(Steps[1])));
        Assert.Equal("0.625", MetricFigures.Show(Definitions[^1], Steps));
    }

    [Fact]
    public void TensorBoardAndTrainerState_HoldIt()
    {
        using var folder = new TemporaryFolder();
        var log = new RunLog(folder.Path, new TrainingRecipe { Model = "m", Dataset = "d" }, 2, 0, Definitions);
        foreach (var step in Steps) log.Add(step);
        log.Save();

        var events = File.ReadAllBytes(Assert.Single(Directory.GetFiles(Path.Combine(folder.Path, RunLog.Folder))));
        foreach (var value in (float[])[0.5f, 0.625f])
        {
            // 0x15: field 2 of a summary's value, four bytes.
            byte[] written = [.. "train/rewards/margins"u8, 0x15, .. BitConverter.GetBytes(value)];
            Assert.True(events.AsSpan().IndexOf(written) > 0);
        }

        var history = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, TrainerStateFile.Name)))!["log_history"]!.AsArray();
        Assert.Equal([0.5, 0.625], history.Select(entry => (double)entry!["rewards/margins"]!));
    }

    [Fact]
    public void Api_AnswersWithIt()
    {
        Assert.Equal(0.625, (double)JsonSerializer.SerializeToNode(new RunMetricView(Steps[1]), Json)!["reward_margin"]!);
    }

    [Fact]
    public void Receipts_HoldAndCompareIt()
    {
        var (left, right) = (Receipt(Steps), Receipt([Steps[0], Step(2, 0.75)]));

        Assert.Equal(Steps, RunReceipt.Parse(left.ToJson()).Curves);
        var difference = Assert.Single(ReceiptDifference.Between(left, right, Definitions));
        Assert.Equal(new(ReceiptGroup.Outcome, "curves.reward_margin", "0.625", "0.75", 2), difference);
    }

    // What is measured and shown only stands in these four, and where code gives it a typed name.
    [Fact]
    public void Sources_OfAMetricThatIsOnlyShown_AreFour()
    {
        var sources = Path.Combine(ReferenceFiles.Repository, "src");

        string[] built = ["obj", "bin", "Migrations"];
        var files = Directory.EnumerateFiles(sources, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor" or ".resx")
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Intersect(built).Any())
            .Where(file => File.ReadAllText(file).Replace("_", "", StringComparison.Ordinal).Contains("evalseconds", StringComparison.OrdinalIgnoreCase))
            .Select(Path.GetFileName).Except(["MetricKeys.cs", "StepMetrics.cs"]);

        string[] four = ["MetricDefinitions.cs", "RunCharts.resx", "RunCharts.zh-CN.resx", "Trainer.cs"];
        Assert.Equal(four, files.Order(StringComparer.Ordinal));
    }

    private IRenderedComponent<RunCharts> ShowCharts(bool table) => Render<RunCharts>(parameters => parameters
        .Add(one => one.Metrics, Steps)
        .Add(one => one.Start, DateTimeOffset.UnixEpoch)
        .Add(one => one.Definitions, Definitions)
        .Add(one => one.ShowTable, table));

    private static StepMetrics Step(int step, double margin) => new()
    {
        Values = MetricValues.Of([new("reward_margin", margin)]),
        Step = step,
        TotalSteps = 2,
        Epoch = step / 2.0,
        Loss = 1.0 / step,
        LearningRate = 1e-4,
        At = DateTimeOffset.UnixEpoch.AddSeconds(step),
    };

    private static RunReceipt Receipt(IReadOnlyList<StepMetrics> steps) => new()
    {
        Run = new ReceiptRun { Outcome = "finished" },
        Data = new ReceiptData { TrainHash = "a", EvaluationHash = "b" },
        Recipe = new TrainingRecipe { Model = "m", Dataset = "d" },
        Model = new ReceiptModel { Fingerprint = "f" },
        Environment = new ReceiptEnvironment
        {
            Program = "p",
            DotNet = "n",
            OperatingSystem = "o",
            Processor = "c",
            Threads = 2,
            Device = "cpu",
        },
        Curves = steps,
    };

    /// <summary>The texts of the lab, and the two of the metric.</summary>
    private sealed class WithOneMore(IStringLocalizer<RunCharts> known) : IStringLocalizer<RunCharts>
    {
        public LocalizedString this[string name] =>
            name == "Metric_reward_margin" ? new(name, Texts[CultureInfo.CurrentUICulture.Name]) : known[name];

        public LocalizedString this[string name, params object[] arguments] => known[name, arguments];

        public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => known.GetAllStrings(includeParentCultures);
    }
}
