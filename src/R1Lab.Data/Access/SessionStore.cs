using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Access;

/// <summary>What an account may do at this moment.</summary>
/// <param name="SecurityStamp">Changes with role, password and disabling.</param>
public sealed record LiveAccount(string Id, string Name, string? Role, bool Disabled, string? SecurityStamp);

/// <summary>A key that is neither revoked nor expired, with its owner's account; a key without an owner has none.</summary>
public sealed record LiveKey(ApiKey Key, LiveAccount? Owner)
{
    /// <summary>Its scopes within what the owner may do now; none when the owner is disabled or gone.</summary>
    public IReadOnlyList<string> Roles => Key.OwnerId is null ? LabRights.OfKey(Key.Scopes, null)
        : Owner is { Disabled: false, Role: { } role } ? LabRights.OfKey(Key.Scopes, role)
        : [];

    /// <summary>Whether the key still counts: it dies with its owner's account.</summary>
    public bool Holds => Key.OwnerId is null || Owner is { Disabled: false };
}

/// <summary>Whether sign-ins and keys still hold, read at the moment of the question.</summary>
public sealed class SessionStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <summary>The account behind a sign-in; null when the account is gone or the sign-in was ended.</summary>
    public async Task<LiveAccount?> FindAsync(string userId, string session, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Accounts(context, context.Users.Where(user => user.Id == userId && !context.EndedSessions.Any(ended => ended.Id == session)))
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>The key by its number; null when it is unknown, revoked or expired.</summary>
    /// <param name="sha256">The secret in use: null is returned as well when a rotation replaced it and its overlap is over.</param>
    public async Task<LiveKey?> FindKeyAsync(int id, string? sha256 = null, CancellationToken cancellationToken = default)
    {
        var now = time.Now();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var key = await context.ApiKeys.AsNoTracking().FirstOrDefaultAsync(
            one => one.Id == id && one.RevokedAt == null && (one.ExpiresAt == null || one.ExpiresAt > now)
                && (sha256 == null || one.Sha256 == sha256 || one.Earlier.Any(earlier => earlier.Sha256 == sha256 && earlier.EndsAt > now)), cancellationToken);
        if (key is null) return null;
        var owner = await Accounts(context, context.Users.Where(user => user.Id == key.OwnerId)).FirstOrDefaultAsync(cancellationToken);
        return new LiveKey(key, owner);
    }

    /// <summary>Ends the sign-in the actor is in, for good.</summary>
    /// <param name="kept">How long a cookie can live; what ended before that is forgotten.</param>
    public Task EndAsync(Actor actor, TimeSpan kept, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var (now, oldest) = (time.Now(), time.Now() - kept);
                await context.EndedSessions.Where(ended => ended.EndedAt < oldest).ExecuteDeleteAsync(token);
                if (actor.Session is not { } session || await context.EndedSessions.AnyAsync(ended => ended.Id == session, token)) return;
                context.Add(new EndedSession { Id = session, EndedAt = now });
                context.Audit(actor, now, AuditActions.SignOut);
                await context.SaveChangesAsync(token);
            },
            cancellationToken);

    private static IQueryable<LiveAccount> Accounts(LabDbContext context, IQueryable<LabUser> users) =>
        from user in users
        select new LiveAccount(
            user.Id,
            user.UserName ?? "",
            context.UserRoles.Where(link => link.UserId == user.Id)
                .Join(context.Roles, link => link.RoleId, role => role.Id, (_, role) => role.Name).FirstOrDefault(),
            user.Disabled,
            user.SecurityStamp);
}
