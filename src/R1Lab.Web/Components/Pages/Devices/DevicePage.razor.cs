using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data.Models;
using R1Lab.Engine.Devices;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Devices;

/// <summary>The device lease board: who has the device and who waits, what the cards do, which models are in memory. Live.</summary>
public sealed partial class DevicePage : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);

    private PageThread _thread = null!;
    private ITimer? _timer;
    private IDisposable[] _news = [];
    private ProcessMemory _memory = new(0, 0, 0);
    private IReadOnlyList<GpuReading> _cards = [];
    private IReadOnlyList<HostedModel> _models = [];
    private int _redrawing;

    [Inject]
    private DeviceLease Lease { get; set; } = null!;

    [Inject]
    private RunFeed Feed { get; set; } = null!;

    [Inject]
    private ModelHost Host { get; set; } = null!;

    [Inject]
    private IGpuMonitor Monitor { get; set; } = null!;

    [Inject]
    private ComputeStatus Compute { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    [Inject]
    private IStringLocalizer<DevicePage> Text { get; set; } = null!;

    [Inject]
    private IStringLocalizer<ProblemTexts> ProblemTexts { get; set; } = null!;

    [Inject]
    private IStringLocalizer<Durations> DurationTexts { get; set; } = null!;

    public void Dispose()
    {
        _timer?.Dispose();
        foreach (var news in _news) news.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        _thread = new PageThread();
        await ReadAsync();
        _news = [Lease.Changes.Subscribe(_ => RedrawAsync()), Host.Changes.Subscribe(_ => RereadAsync())];
        _timer = Time.CreateTimer(_ => _thread.Run(RereadAsync), null, Tick, Tick);
    }

    protected override void OnAfterRender(bool firstRender) => Volatile.Write(ref _redrawing, 0);

    // Between two steps the device may change hands many times a second: one drawing is asked for at a time, and it shows the state of its moment.
    private Task RedrawAsync() => Interlocked.Exchange(ref _redrawing, 1) == 0 ? InvokeAsync(StateHasChanged) : Task.CompletedTask;

    private Task RereadAsync() => InvokeAsync(async () =>
    {
        await ReadAsync();
        StateHasChanged();
    });

    private async Task ReadAsync()
    {
        _memory = ProcessMemory.Now();
        _cards = Monitor.Read();
        _models = [.. (await Host.ListAsync()).Where(model => model.State == LoadState.Loaded && model.Record.Kind != ModelKind.Adapter)];
    }

    private string Until(LeaseHolder holder) => holder.RunId is not { } run
        ? Text["UntilAnswered"]
        : Feed.Progress(run)?.Remaining is { } left ? Text["UntilRunEnds", DurationTexts.Show(left)] : Text["UntilRunEndsUnknown"];

    private TimeSpan Passed(DateTimeOffset since) => Time.GetUtcNow() - since;

    private static RenderFragment Name(LeaseHolder holder) => builder =>
    {
        if (holder.RunId is { } run)
        {
            builder.OpenElement(0, "a");
            builder.AddAttribute(1, "href", $"/runs/{run}");
            builder.AddContent(2, holder.What);
            builder.CloseElement();
            builder.AddContent(3, $" · {holder.Who}");
        }
        else
        {
            builder.AddContent(4, holder.What);
        }
    };

    private static string IconOf(LeaseHolder holder) => holder.Use == DeviceUse.Training ? Icons.Material.Outlined.ModelTraining : Icons.Material.Outlined.Chat;

    private static string Clock(DateTimeOffset at) => at.ToLocalTime().ToString("T", CultureInfo.CurrentCulture);

    private static string Gibibytes(long bytes) => (bytes / 1073741824d).ToString("0.00 GiB", CultureInfo.CurrentCulture);
}
