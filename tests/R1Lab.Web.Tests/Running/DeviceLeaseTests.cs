using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Web.Device;

namespace R1Lab.Web.Tests.Running;

public sealed class DeviceLeaseTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly DeviceLease _lease;

    public DeviceLeaseTests() => _lease = new(_time, NullLogger<DeviceLease>.Instance);

    [Fact]
    public async Task AcquireAsync_FreeDevice_NamesTheHolder()
    {
        using var loan = await _lease.AcquireAsync("Li", "quick-trial", TestContext.Current.CancellationToken);

        Assert.Equal(new LeaseHolder("Li", "quick-trial", _time.GetUtcNow()), _lease.Holder);
    }

    [Fact]
    public async Task AcquireAsync_TakenDevice_IsServedInTheOrderOfAsking()
    {
        var served = new List<string>();
        var first = await _lease.AcquireAsync("a", "", TestContext.Current.CancellationToken);
        var waiting = new[] { "b", "c", "d" }.Select(who => TakeAsync(who, served)).ToList();

        first.Dispose();
        await Task.WhenAll(waiting);

        Assert.Equal(["b", "c", "d"], served);
        Assert.Null(_lease.Holder);
    }

    [Fact]
    public async Task AcquireAsync_Cancelled_LeavesTheLineForOthers()
    {
        using var cancel = new CancellationTokenSource();
        var first = await _lease.AcquireAsync("a", "", TestContext.Current.CancellationToken);
        var impatient = _lease.AcquireAsync("b", "", cancel.Token);
        var patient = _lease.AcquireAsync("c", "", TestContext.Current.CancellationToken);

        await cancel.CancelAsync();
        first.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.Equal("c", (await patient).Holder.Who);
    }

    [Fact]
    public async Task LendAsync_NobodyWaits_KeepsTheDevice()
    {
        var loan = await _lease.AcquireAsync("run", "", TestContext.Current.CancellationToken);

        Assert.Same(loan, await loan.LendAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LendAsync_TwoWait_ComesBackAfterThemAndBeforeLaterOnes()
    {
        var served = new List<string>();
        var training = await _lease.AcquireAsync("run", "", TestContext.Current.CancellationToken);
        var (one, two) = (TakeAsync("chat 1", served), TakeAsync("chat 2", served));

        var back = training.LendAsync(TestContext.Current.CancellationToken);
        var later = TakeAsync("chat 3", served);
        var again = await back;
        served.Add("run");
        again.Dispose();
        await Task.WhenAll(one, two, later);

        Assert.Equal(["chat 1", "chat 2", "run", "chat 3"], served);
    }

    [Fact]
    public async Task Dispose_LoanAlreadyLent_DoesNotTakeTheDeviceFromOthers()
    {
        var training = await _lease.AcquireAsync("run", "", TestContext.Current.CancellationToken);
        var chat = _lease.AcquireAsync("chat", "", TestContext.Current.CancellationToken);
        _ = training.LendAsync(TestContext.Current.CancellationToken);
        await chat;

        training.Dispose();

        Assert.Equal("chat", _lease.Holder?.Who);
    }

    private async Task TakeAsync(string who, List<string> served)
    {
        using var loan = await _lease.AcquireAsync(who, "", TestContext.Current.CancellationToken);
        lock (served) served.Add(who);
    }
}
