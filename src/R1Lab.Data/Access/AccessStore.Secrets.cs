using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Access;

/// <summary>The secrets of keys: which one is shown, and replacing one while the old one keeps working for a while.</summary>
public sealed partial class AccessStore
{
    /// <summary>The live key with this secret, or null when it is unknown, replaced, revoked or expired. Notes the use, at most once a minute.</summary>
    public async Task<UsedKey?> FindKeyAsync(string secret, CancellationToken cancellationToken = default)
    {
        var (hash, now) = (Secrets.Hash(secret), time.Now());
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await LiveKeyAsync(context, hash, now, cancellationToken) is not { } key) return null;

        var earlier = key.Earlier.Find(one => one.Sha256 == hash);
        if (now - (earlier is null ? key.LastUsedAt : earlier.LastUsedAt) is not { } since || since >= LastUsedGrain)
        {
            await NoteUseAsync(hash, now, cancellationToken);
            if (earlier is null) key.LastUsedAt = now;
            else earlier.LastUsedAt = now;
        }

        return new UsedKey(key, hash);
    }

    /// <summary>
    /// Gives the key a new secret and a new end. The present secret works for <paramref name="overlap"/> more, at most to its own end.
    /// </summary>
    /// <param name="actor">An administrator.</param>
    /// <param name="shown">The key as the caller saw it.</param>
    /// <param name="overlap">How long the present secret keeps working; zero ends it at once.</param>
    /// <param name="expiresAt">When the key ends now; null when it has no end.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="RecordConflictException">The key was revoked or rotated since it was shown.</exception>
    public async Task<IssuedApiKey> RotateKeyAsync(Actor actor, ApiKey shown, TimeSpan overlap, DateTimeOffset? expiresAt, CancellationToken cancellationToken = default)
    {
        var (secret, now) = (Secrets.Create("r1l_"), time.Now());
        var rotated = await writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                var key = await context.ApiKeys.Include(one => one.Earlier).FirstOrDefaultAsync(one => one.Id == shown.Id, token) ?? throw new RecordNotFoundException("key", shown.Id);
                if (key.RevokedAt is not null) throw new RecordConflictException("This key was revoked meanwhile.");
                if (key.Sha256 != shown.Sha256) throw new RecordConflictException("This key was rotated meanwhile.");
                Replace(key, secret, key.ExpiresAt < now + overlap ? key.ExpiresAt.Value : now + overlap, now);
                key.ExpiresAt = expiresAt;
                context.Audit(actor, now, AuditActions.KeyRotate, $"key {key.Id} {key.Name}", $"overlap {overlap.TotalDays} d");
                await context.SaveChangesAsync(token);
                return key;
            },
            cancellationToken);
        return new IssuedApiKey(rotated, secret);
    }

    private static void Replace(ApiKey key, string secret, DateTimeOffset presentEnds, DateTimeOffset now)
    {
        key.Earlier.RemoveAll(one => one.EndsAt <= now);
        if (presentEnds > now) key.Earlier.Add(new EarlierSecret { Prefix = key.Prefix, Sha256 = key.Sha256, EndsAt = presentEnds, LastUsedAt = key.LastUsedAt });
        (key.Prefix, key.Sha256, key.LastUsedAt) = (secret[..ShownCharacters], Secrets.Hash(secret), null);
    }

    private static async Task<ApiKey?> LiveKeyAsync(LabDbContext context, string hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var live = context.ApiKeys.AsNoTracking().Include(key => key.Earlier).Where(key => key.RevokedAt == null && (key.ExpiresAt == null || key.ExpiresAt > now));
        return await live.FirstOrDefaultAsync(key => key.Sha256 == hash, cancellationToken)
            ?? await live.FirstOrDefaultAsync(key => key.Earlier.Any(one => one.Sha256 == hash && one.EndsAt > now), cancellationToken);
    }

    // By the secret's hash: a rotation meanwhile has moved it to the earlier ones.
    private Task NoteUseAsync(string hash, DateTimeOffset now, CancellationToken cancellationToken) => writes.RunAsync(
        async (context, token) =>
        {
            var noted = await context.ApiKeys.Where(key => key.Sha256 == hash).ExecuteUpdateAsync(set => set.SetProperty(key => key.LastUsedAt, now), token);
            if (noted == 0) await context.EarlierSecrets.Where(one => one.Sha256 == hash).ExecuteUpdateAsync(set => set.SetProperty(one => one.LastUsedAt, now), token);
        },
        cancellationToken);
}
