using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data;
using R1Lab.Web.Components;
using R1Lab.Web.Device;
using R1Lab.Web.Notifications;

namespace R1Lab.Web.Tests.Notifications;

public sealed class WatchersTests
{
    private readonly Errors _log = new();
    private readonly Watchers<int> _watchers;
    private readonly List<int> _seen = [];

    public WatchersTests() => _watchers = new(_log);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Publish_SubscriberThatThrows_HarmsNeitherTheOthersNorThePublisher()
    {
        using var before = _watchers.Subscribe(SeeAsync);
        using var broken = _watchers.Subscribe(_ => throw new InvalidOperationException("at once"));
        using var failing = _watchers.Subscribe(_ => Task.FromException(new InvalidOperationException("later")));
        using var after = _watchers.Subscribe(SeeAsync);

        _watchers.Publish(1);
        _watchers.Publish(2);

        Assert.Equal([1, 1, 2, 2], _seen);
        Assert.Equal(["at once", "at once", "later", "later"], _log.Order());
    }

    [Fact]
    public async Task Publish_SubscriberThatFailsAfterAnAwait_IsLogged()
    {
        var go = new TaskCompletionSource();
        using var failing = _watchers.Subscribe(async _ =>
        {
            await go.Task;
            throw new InvalidOperationException("much later");
        });

        _watchers.Publish(1); // does not wait
        Assert.Empty(_log);
        go.SetResult();

        Assert.Equal("much later", await _log.First.WaitAsync(Cancellation));
    }

    [Fact]
    public void Publish_SubscriptionEnded_IsNotCalled()
    {
        var ended = _watchers.Subscribe(SeeAsync);

        ended.Dispose();
        ended.Dispose();
        _watchers.Publish(1);

        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Publish_FromAnotherLanguage_CallsInTheSubscribersOwn()
    {
        var heard = "";
        using (Use("zh-CN"))
        {
            _watchers.Subscribe(_ =>
            {
                heard = CultureInfo.CurrentUICulture.Name;
                return Task.CompletedTask;
            });
        }

        using (Use("en")) await Task.Run(() => _watchers.Publish(1), Cancellation);

        Assert.Equal("zh-CN", heard);
    }

    // The device must change hands whatever a page that watches it does.
    [Fact]
    public async Task DeviceLease_SubscriberThatThrows_GoesOnServing()
    {
        var lease = new DeviceLease(new FakeTimeProvider(), NullLogger<DeviceLease>.Instance);
        using var broken = lease.Changes.Subscribe(_ => throw new InvalidOperationException("a page broke"));
        using var watching = lease.Changes.Subscribe(now => SeeAsync(now.Waiting.Count));

        var first = await lease.AcquireAsync("a", "", Cancellation);
        var second = lease.AcquireAsync("b", "", Cancellation);
        first.Dispose();
        (await second).Dispose();

        Assert.Null(lease.Holder);
        Assert.Equal([0, 1, 0, 0], _seen);
    }

    /// <summary>One way to notify: an event calls its subscribers in turn, and the first that throws silences the rest and the publisher.</summary>
    [Theory]
    [InlineData(typeof(App))]
    [InlineData(typeof(LabDbContext))]
    public void Types_OfTheRoom_HaveNoEvents(Type room)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

        var events = room.Assembly.GetTypes().SelectMany(type => type.GetEvents(all)).Select(found => $"{found.DeclaringType!.Name}.{found.Name}");

        Assert.Empty(events);
    }

    private Task SeeAsync(int news)
    {
        _seen.Add(news);
        return Task.CompletedTask;
    }

    private static Restored Use(string language)
    {
        var before = new Restored(CultureInfo.CurrentUICulture);
        CultureInfo.CurrentUICulture = new CultureInfo(language);
        return before;
    }

    private sealed class Restored(CultureInfo culture) : IDisposable
    {
        public void Dispose() => CultureInfo.CurrentUICulture = culture;
    }

    private sealed class Errors : List<string>, ILogger
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> First => _first.Task;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel != LogLevel.Error) return;
            Add(exception!.Message);
            _first.TrySetResult(exception.Message);
        }
    }
}
