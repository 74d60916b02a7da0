using System.Collections.Concurrent;

namespace R1Lab.Web.Notifications;

/// <summary>
/// Subscribers to be notified when something changes. One that throws, at once or later, is logged and harms neither the others nor the
/// publisher. Each is called in the execution context in which it subscribed, and so in its page's language.
/// </summary>
/// <param name="log">Takes the errors of subscribers.</param>
public sealed class Watchers<T>(ILogger log)
{
    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = [];

    /// <param name="onNews">Called on the publisher's thread, possibly several times at once; it must not block.</param>
    /// <returns>Dispose it to end the subscription.</returns>
    public IDisposable Subscribe(Func<T, Task> onNews)
    {
        var subscription = new Subscription(this, onNews, ExecutionContext.Capture());
        _subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    /// <summary>Calls every subscriber. Does not throw and does not wait for work that they continue later.</summary>
    public void Publish(T news)
    {
        foreach (var subscription in _subscriptions.Keys) subscription.Notify(news);
    }

    private async Task RunAsync(Func<T, Task> onNews, T news)
    {
        try
        {
            await onNews(news);
        }
        catch (Exception error)
        {
            log.LogError(error, "A subscriber failed.");
        }
    }

    private sealed class Subscription(Watchers<T> watchers, Func<T, Task> onNews, ExecutionContext? context) : IDisposable
    {
        public void Notify(T news)
        {
            if (context is null) _ = watchers.RunAsync(onNews, news);
            else ExecutionContext.Run(context, _ => _ = watchers.RunAsync(onNews, news), null);
        }

        public void Dispose() => watchers._subscriptions.TryRemove(this, out _);
    }
}
