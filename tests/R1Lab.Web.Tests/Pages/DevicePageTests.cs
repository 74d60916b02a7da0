using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Web.Components.Pages.Devices;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests.Pages;

public sealed class DevicePageTests : RunPageTest
{
    private readonly ScriptedCards _cards = new();

    public DevicePageTests() => Services.Replace(ServiceDescriptor.Singleton<IGpuMonitor>(_cards));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Page_NoCardAndNobody_SaysBoth()
    {
        var page = Show<DevicePage>();

        Assert.Equal("Nobody uses the device.", page.WaitForElement("[data-testid=device-free]").TextContent);
        Assert.Equal("No NVIDIA driver was found on this machine.", page.Find("[data-testid=gpu-absent]").TextContent);
    }

    [Fact]
    public async Task Page_RunTrainsAndAnAnswerBorrows_ShowsTheBorrowerAndTheRunNextInLine()
    {
        var run = await AddRunAsync("tune");
        var lease = Get<DeviceLease>();
        var training = await lease.AcquireAsync(new LeaseHolder("Li", "tune", DateTimeOffset.UtcNow) { RunId = run.Id }, Cancel);
        var page = Show<DevicePage>();
        var before = page.WaitForElement("[data-testid=device-holder]").TextContent;

        var answering = Get<GenerationTurns>().EnterAsync("demo", Cancel);
        var back = training.LendAsync(Cancel);
        var answer = await answering;
        page.WaitForAssertion(() => Assert.Equal("Answers", page.Find("[data-testid=device-holder]").GetAttribute("data-use")));
        var waiting = page.Find(".device-waiting li").TextContent;
        answer.Dispose();
        using var again = await back;

        Assert.Contains("tune", before, StringComparison.Ordinal);
        Assert.Contains("has lent it between two steps", waiting, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Equal("Training", page.Find("[data-testid=device-holder]").GetAttribute("data-use")));
        Assert.Equal($"/runs/{run.Id}", page.Find("[data-testid=device-holder] a").GetAttribute("href"));
        Assert.Empty(page.FindAll(".device-waiting"));
    }

    [Fact]
    public async Task LendAsync_BackFromAnAnswer_IsTheSameHoldingSinceTheBeginning()
    {
        var time = new FakeTimeProvider();
        var lease = new DeviceLease(time, NullLogger<DeviceLease>.Instance);
        var training = await lease.AcquireAsync("Li", "tune", Cancel);
        var answer = lease.AcquireAsync("chat", "demo", Cancel);
        var since = training.Holder.Since;

        var back = training.LendAsync(Cancel);
        time.Advance(TimeSpan.FromSeconds(1));
        (await answer).Dispose();
        using var again = await back;

        Assert.Equal((since, false), (lease.Holder!.Since, lease.Holder.Lends));
    }

    [Fact]
    public void Page_Card_ShowsItsFigures()
    {
        _cards.Absence = null;
        _cards.Readings = [new GpuReading(0, "NVIDIA GeForce RTX 4090", "GPU-1", 6L << 30, 24L << 30, 87, 66, 312.4, DateTimeOffset.UtcNow)];

        var page = Show<DevicePage>();

        var cells = page.WaitForElement("[data-testid=gpu-cards] tbody tr").Children.Select(cell => cell.TextContent);
        Assert.Equal(["0 · NVIDIA GeForce RTX 4090", "6.00 GiB of 24.00 GiB", "87 %", "66 °C", "312 W"], cells);
    }

    private sealed class ScriptedCards : IGpuMonitor
    {
        public Problem? Absence { get; set; } = new("gpu_no_driver", "", ProblemSeverity.Note, "No NVIDIA driver was found on this machine.");

        public IReadOnlyList<GpuReading> Readings { get; set; } = [];

        public IReadOnlyList<GpuReading> Read() => Readings;
    }
}
