using System.Runtime.InteropServices;
using R1Lab.Data.Datasets;
using R1Lab.Engine.Generation;
using R1Lab.Tests.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Running;

/// <summary>L7: an answer for which the memory does not suffice fails alone; neither other answers nor the run under way notice.</summary>
public sealed class AnswerFailureTests
{
    [Fact]
    public async Task Generate_OutOfMemoryInOneAnswer_LeavesTheOtherAndTheRunAlone()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());
        await lab.Get<ModelLibrary>().RegisterAsync(Actors.Lab, ModelLab.GoldenModel(ModelLab.Golden), null, null, TestContext.Current.CancellationToken);
        var run = await TinyRuns.StartAsync(client, TinyRuns.Recipe(("max_steps", 100)));
        await TinyRuns.WaitForAsync(client, run, "running");

        using var session = await lab.Get<ModelHost>().OpenAsync(ModelLab.Golden, TestContext.Current.CancellationToken);
        var broken = session.GenerateAsync(Request(), _ => throw new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB"), TestContext.Current.CancellationToken);
        var whole = session.GenerateAsync(Request(), null, TestContext.Current.CancellationToken);
        var failure = await Record.ExceptionAsync(() => broken);
        var answer = await whole;
        var state = await TinyRuns.WaitForAsync(client, run, "finished", "failed");

        Assert.NotNull(failure);
        Assert.Equal(12, answer.Tokens.Count);
        Assert.Equal("finished", state["status"]!.GetValue<string>());
        Assert.Null(lab.Get<DeviceLease>().Holder);
        Assert.Empty(lab.Get<DeviceLease>().Waiting);
    }

    private static EngineRequest Request() => new([], [1, 2, 3], new GenerationSettings { MaxNewTokens = 12, Temperature = 0, IgnoreEos = true });
}
