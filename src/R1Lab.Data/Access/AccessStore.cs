using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Access;

/// <summary>API keys and the one-time set-up of the first admin.</summary>
public sealed partial class AccessStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, ILookupNormalizer names, TimeProvider time)
{
    private const int ShownCharacters = 10;
    private static readonly TimeSpan LastUsedGrain = TimeSpan.FromMinutes(1);

    public async Task<IssuedApiKey> CreateKeyAsync(
        Actor actor, string name, IEnumerable<string> scopes, string? ownerId, DateTimeOffset? expiresAt = null, CancellationToken cancellationToken = default)
    {
        var secret = Secrets.Create("r1l_");
        var key = new ApiKey
        {
            Name = name,
            Prefix = secret[..ShownCharacters],
            Sha256 = Secrets.Hash(secret),
            Scopes = string.Join(' ', scopes),
            OwnerId = ownerId,
            CreatedAt = time.Now(),
            ExpiresAt = expiresAt,
        };
        await writes.RunAsync(
            actor,
            (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                context.Add(key);
                context.Audit(actor, time.Now(), AuditActions.KeyCreate, $"key {key.Name}", key.Scopes);
                return context.SaveChangesAsync(token);
            },
            cancellationToken);
        return new IssuedApiKey(key, secret);
    }

    /// <summary>Newest first, revoked ones too; all owners when <paramref name="ownerId"/> is null.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListKeysAsync(string? ownerId = null, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ApiKeys.AsNoTracking().Include(key => key.Earlier).Where(key => ownerId == null || key.OwnerId == ownerId)
            .OrderByDescending(key => key.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Ends a key with all its secrets for good; false when it was not there or ended already.</summary>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> RevokeKeyAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await context.ApiKeys.FirstOrDefaultAsync(one => one.Id == id, token) is not { RevokedAt: null } key) return false;
                if (key.OwnerId is null || key.OwnerId != actor.Id) actor.Demand(LabRight.Administer);
                key.RevokedAt = time.Now();
                context.Audit(actor, time.Now(), AuditActions.KeyRevoke, $"key {key.Id} {key.Name}");
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    public async Task<bool> AdminExistsAsync(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await AnyAdminAsync(context, cancellationToken);
    }

    /// <summary>A fresh set-up token to print (an earlier one stops working), or null when an admin exists.</summary>
    public Task<string?> IssueSetupTokenAsync(Actor actor, CancellationToken cancellationToken = default) =>
        writes.RunAsync<string?>(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                if (await AnyAdminAsync(context, token)) return null;
                var secret = Secrets.Create("");
                await context.SetupTokens.ExecuteDeleteAsync(token);
                context.Add(new SetupToken { Sha256 = Secrets.Hash(secret), CreatedAt = time.Now() });
                await context.SaveChangesAsync(token);
                return secret;
            },
            cancellationToken);

    /// <summary>Whether the token would be taken now; does not use it up.</summary>
    public async Task<bool> IsSetupTokenAsync(string setupToken, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await HasTokenAsync(context, setupToken, cancellationToken) && !await AnyAdminAsync(context, cancellationToken);
    }

    /// <summary>
    /// Uses up the token and creates the first admin in one transaction, so that of many at once exactly one wins. The caller has
    /// checked the password and put its hash into <paramref name="admin"/>; names are normalised here as Identity does.
    /// </summary>
    public Task<FirstAdminOutcome> CreateFirstAdminAsync(Actor actor, string setupToken, LabUser admin, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                if (await AnyAdminAsync(context, token)) return FirstAdminOutcome.AlreadySetUp;
                if (!await HasTokenAsync(context, setupToken, token)) return FirstAdminOutcome.WrongToken;
                await context.SetupTokens.ExecuteDeleteAsync(token);
                context.Audit(actor, time.Now(), AuditActions.SetUp, $"user {admin.UserName}");
                await UserStore.AddAsync(context, names, admin, LabRoles.Admin, time.Now(), token);
                return FirstAdminOutcome.Created;
            },
            cancellationToken);

    private static Task<bool> AnyAdminAsync(LabDbContext context, CancellationToken cancellationToken)
    {
        var adminRole = AccessMapping.RoleId(LabRoles.Admin);
        return context.UserRoles.AnyAsync(link => link.RoleId == adminRole, cancellationToken);
    }

    private static Task<bool> HasTokenAsync(LabDbContext context, string setupToken, CancellationToken cancellationToken)
    {
        var hash = Secrets.Hash(setupToken);
        return context.SetupTokens.AnyAsync(one => one.Sha256 == hash, cancellationToken);
    }
}
