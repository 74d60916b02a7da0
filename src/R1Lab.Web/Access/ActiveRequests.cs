using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Claims;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// Requests under way. One that lasts, such as a stream, ends within seconds when its sign-in or key ends, or no longer includes a right that it
/// had when the request came.
/// </summary>
public sealed class ActiveRequests(UserSessions sessions, TimeProvider time, ILogger<ActiveRequests> log) : BackgroundService
{
    /// <summary>How often every sign-in and key with a request under way is looked up again.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<HttpContext, ClaimsPrincipal> _requests = new();

    public void Add(HttpContext context)
    {
        if (!_requests.TryAdd(context, context.User)) return;
        context.Response.OnCompleted(() =>
        {
            _requests.TryRemove(context, out _);
            return Task.CompletedTask;
        });
    }

    /// <summary>Ends the requests of a revoked key at once.</summary>
    public void Abort(int keyId)
    {
        var number = keyId.ToString(CultureInfo.InvariantCulture);
        AbortWhere(principal => principal.FindFirstValue(Visitor.KeyClaim) == number);
    }

    /// <summary>Ends the requests of every sign-in and key that does not hold any more.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var group in _requests.Values.GroupBy(Identity).ToList())
        {
            if (!await HoldsAsync(group.First(), cancellationToken)) AbortWhere(principal => Identity(principal) == group.Key);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CheckAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                log.LogError(error, "The requests under way could not be checked.");
            }
        }
    }

    private static string? Identity(ClaimsPrincipal principal) =>
        principal.FindFirstValue(Visitor.SecretClaim) ?? principal.FindFirstValue(Visitor.KeyClaim) ?? principal.FindFirstValue(UserSessions.SessionClaim);

    private async Task<bool> HoldsAsync(ClaimsPrincipal principal, CancellationToken cancellationToken) =>
        await sessions.FindAsync(principal, null, cancellationToken) is { } actor
        && LabRights.Roles.All(right => actor.Has(right.Key) || !right.Value.Any(principal.IsInRole));

    private void AbortWhere(Func<ClaimsPrincipal, bool> ended)
    {
        foreach (var (context, principal) in _requests)
        {
            if (ended(principal)) context.Abort();
        }
    }
}
