using Bunit;
using R1Lab.Data.Runs;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Receipts;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

public sealed class RunReceiptPanelTests : RunPageTest
{
    [Fact]
    public async Task Panel_RunWithoutReceipt_SaysWhenItComes()
    {
        var run = await AddRunAsync("first");

        var panel = Show<RunReceiptPanel>(parameters => parameters.Add(one => one.RunId, run.Id).Add(one => one.Status, RunStatus.Queued));

        Assert.Contains("It is written when the run comes to rest", panel.Find("[data-testid=empty-state]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Panel_Receipt_IsReadableAndCanBeDownloaded()
    {
        var run = await AddRunAsync("first");
        Write(run, [1, 0.5]);

        var panel = Panel(run);

        Assert.Equal($"/api/v1/runs/{run.Id}/receipt", panel.Find("[data-testid=receipt-download]").GetAttribute("href"));
        Assert.Equal("Finished", Fact(panel, "run", "Outcome"));
        Assert.Equal("400", Fact(panel, "data", "Rows in the dataset"));
        Assert.Equal("7", Fact(panel, "data", "Left out: too long"));
        Assert.Equal("0123456789abcdef", Fact(panel, "data", "Hash of the training rows"));
        Assert.Contains("adapter/adapter_model.safetensors", panel.Find("[data-section=files]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Panel_OtherRunChosen_ShowsWhatDiffers()
    {
        var (first, second) = (await AddRunAsync("first"), await AddRunAsync("second"));
        await TrainAsync(first, 2);
        await TrainAsync(second, 2);
        foreach (var run in new[] { first, second }) await Get<RunStore>().SetStatusAsync(Actors.Lab, run.Id, RunStatus.Finished, cancellationToken: TestContext.Current.CancellationToken);
        Write(first, [1, 0.5]);
        Write(second, [1, 0.25], rate: 0.002);
        var panel = Panel(first);

        await panel.InvokeAsync(() => panel.FindComponent<MudBlazor.MudSelect<int?>>().Instance.ValueChanged.InvokeAsync(second.Id));

        Assert.Contains("Of 2 common steps, the training losses differ from step 2 on.", panel.Find("[data-testid=receipt-losses]").TextContent, StringComparison.Ordinal);
        var rate = panel.FindAll("[data-testid=receipt-differences] tbody tr").Single(row => row.TextContent.Contains("recipe.learning_rate", StringComparison.Ordinal));
        Assert.Equal(["Recipe", "recipe.learning_rate", "0.001", "0.002"], rate.Children.Select(cell => cell.TextContent.Trim()));
    }

    [Fact]
    public async Task Panel_BrokenFile_SaysSo()
    {
        var run = await AddRunAsync("first");
        Directory.CreateDirectory(Get<RunQueue>().OutputFolder(run.Id));
        await File.WriteAllTextAsync(Path.Combine(Get<RunQueue>().OutputFolder(run.Id), RunReceipt.FileName), "{", TestContext.Current.CancellationToken);

        var panel = Panel(run);

        Assert.Contains("cannot be read", panel.Find("[data-testid=error-panel]").TextContent, StringComparison.Ordinal);
    }

    private IRenderedComponent<RunReceiptPanel> Panel(Run run) =>
        Show<RunReceiptPanel>(parameters => parameters.Add(one => one.RunId, run.Id).Add(one => one.Status, RunStatus.Finished));

    private static string Fact(IRenderedComponent<RunReceiptPanel> panel, string section, string name) =>
        panel.FindAll($"[data-section={section}] .run-facts > div").Single(fact => fact.QuerySelector("dt")!.TextContent == name).QuerySelector("dd")!.TextContent;

    private void Write(Run run, double[] losses, double rate = 0.001) => new RunReceipt
    {
        Run = new ReceiptRun { Name = run.Name, Owner = "Li", Outcome = "finished", Step = 2, TotalSteps = 2, FinalLoss = losses[^1] },
        Data = new ReceiptData
        {
            Name = "sums",
            Version = 1,
            TrainHash = string.Concat(Enumerable.Repeat("0123456789abcdef", 4)),
            EvaluationHash = "e",
            RowsIn = 400,
            RowsTrained = 360,
            RowsEvaluated = 33,
            RowsLeftOut = new Dictionary<string, int> { ["too_long"] = 7 },
        },
        Recipe = new TrainingRecipe { Name = run.Name, Model = "demo", Dataset = "sums", LearningRate = rate },
        Model = new ReceiptModel { Name = "demo", Fingerprint = "f", ParameterCount = 3_000_000 },
        Environment = ReceiptEnvironment.Current(ComputeDevice.Cpu),
        Curves = [.. losses.Select((loss, place) => new StepMetrics { Step = place + 1, TotalSteps = 2, Loss = loss })],
        Results = [new("adapter/adapter_model.safetensors", 10, "aa")],
    }.Write(Path.Combine(Directory.CreateDirectory(Get<RunQueue>().OutputFolder(run.Id)).FullName, RunReceipt.FileName));
}
