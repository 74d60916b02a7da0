using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Notifications;

/// <summary>What people were notified of. Each reads and changes the own ones only; the other stores write them with the change they report.</summary>
public sealed class NotificationStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes)
{
    /// <summary>Newest first.</summary>
    public async Task<NotificationList> ListAsync(string userId, int most, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var own = context.Notifications.AsNoTracking().Where(one => one.UserId == userId);
        var newest = await own.OrderByDescending(one => one.Id).Take(most).ToListAsync(cancellationToken);
        return new(newest, await own.CountAsync(one => !one.IsRead, cancellationToken));
    }

    /// <summary>The id of the person's newest notification and the number of unread ones: what changes when anything does.</summary>
    public async Task<(int Newest, int Unread)> StateAsync(string userId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var own = context.Notifications.Where(one => one.UserId == userId);
        return (await own.MaxAsync(one => (int?)one.Id, cancellationToken) ?? 0, await own.CountAsync(one => !one.IsRead, cancellationToken));
    }

    /// <summary>Marks one of the actor's notifications read. False when there is none with that id.</summary>
    public Task<bool> MarkReadAsync(Actor actor, int id, CancellationToken cancellationToken = default)
    {
        var userId = actor.DemandId();
        return writes.RunAsync(
            actor,
            async (context, token) => await context.Notifications.Where(one => one.Id == id && one.UserId == userId)
                .ExecuteUpdateAsync(set => set.SetProperty(one => one.IsRead, true), token) == 1,
            cancellationToken);
    }

    /// <summary>Marks the actor's notifications read up to one, so that what arrives meanwhile stays unread.</summary>
    /// <param name="newest">The id of the newest one that the actor has seen.</param>
    public Task MarkAllReadAsync(Actor actor, int newest, CancellationToken cancellationToken = default)
    {
        var userId = actor.DemandId();
        return writes.RunAsync(
            actor,
            (context, token) => context.Notifications.Where(one => one.UserId == userId && one.Id <= newest && !one.IsRead)
                .ExecuteUpdateAsync(set => set.SetProperty(one => one.IsRead, true), token),
            cancellationToken);
    }
}
