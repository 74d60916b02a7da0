using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Access;

/// <summary>The people of the lab beside what Identity's UserManager does: lists, one role each, preferences, disabling.</summary>
public sealed class UserStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, ILookupNormalizer names, TimeProvider time)
{
    public async Task<IReadOnlyList<UserSummary>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Summaries(context, context.Users.OrderBy(user => user.UserName)).ToListAsync(cancellationToken);
    }

    public async Task<UserSummary?> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Summaries(context, context.Users.Where(user => user.Id == id)).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Creates an account with this role. The caller has checked name and password and set the hash of the password.</summary>
    /// <exception cref="RecordConflictException">The name is taken.</exception>
    public Task CreateAsync(Actor actor, LabUser user, string role, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                context.Audit(actor, time.Now(), AuditActions.UserCreate, $"user {user.UserName}", role);
                await AddAsync(context, names, user, role, time.Now(), token);
            },
            cancellationToken);

    /// <summary>The actor's own language and theme.</summary>
    public Task SetPreferencesAsync(Actor actor, string? language, string? theme, CancellationToken cancellationToken = default)
    {
        var id = actor.DemandId();
        return writes.RunAsync(
            actor,
            (context, token) => context.Users.Where(user => user.Id == id).ExecuteUpdateAsync(
                set => set.SetProperty(user => user.Language, language).SetProperty(user => user.Theme, theme), token),
            cancellationToken);
    }

    /// <summary>Replaces the password; sign-ins made before end, and a lock after wrong guesses with them.</summary>
    /// <exception cref="NotAllowedException">It is somebody else's account.</exception>
    public Task SetPasswordAsync(Actor actor, string id, string passwordHash, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (actor.Id != id) actor.Demand(LabRight.Administer);
                await ChangingAsync(context, actor, id, AuditActions.UserPassword, null, token);
                await context.Users.Where(user => user.Id == id).ExecuteUpdateAsync(
                    set => set.SetProperty(user => user.PasswordHash, passwordHash).SetProperty(user => user.LockoutEnd, (DateTimeOffset?)null)
                        .SetProperty(user => user.AccessFailedCount, 0),
                    token);
            },
            cancellationToken);

    /// <summary>Gives the user this role and no other; sign-ins made before end (new security stamp).</summary>
    /// <exception cref="RecordConflictException">It would leave the lab without an admin.</exception>
    public Task SetRoleAsync(Actor actor, string id, string role, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                if (role != LabRoles.Admin) await RefuseToLoseLastAdminAsync(context, id, token);
                await ChangingAsync(context, actor, id, AuditActions.UserRole, role, token);
                await context.UserRoles.Where(link => link.UserId == id).ExecuteDeleteAsync(token);
                context.Add(new IdentityUserRole<string> { UserId = id, RoleId = AccessMapping.RoleId(role) });
                await context.SaveChangesAsync(token);
            },
            cancellationToken);

    /// <summary>Bars or admits a user; sign-ins made before end (new security stamp).</summary>
    /// <exception cref="RecordConflictException">It would leave the lab without an admin.</exception>
    public Task SetDisabledAsync(Actor actor, string id, bool disabled, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                if (disabled) await RefuseToLoseLastAdminAsync(context, id, token);
                await ChangingAsync(context, actor, id, disabled ? AuditActions.UserDisable : AuditActions.UserEnable, null, token);
                await context.Users.Where(user => user.Id == id)
                    .ExecuteUpdateAsync(set => set.SetProperty(user => user.Disabled, disabled), token);
            },
            cancellationToken);

    private static IQueryable<UserSummary> Summaries(LabDbContext context, IQueryable<LabUser> users) =>
        from user in users
        select new UserSummary(
            user.Id,
            user.UserName ?? "",
            user.DisplayName,
            context.UserRoles.Where(link => link.UserId == user.Id)
                .Join(context.Roles, link => link.RoleId, role => role.Id, (_, role) => role.Name).FirstOrDefault(),
            user.Language,
            user.Theme,
            user.Disabled,
            user.CreatedAt);

    private static async Task RefuseToLoseLastAdminAsync(LabDbContext context, string id, CancellationToken cancellationToken)
    {
        var adminRole = AccessMapping.RoleId(LabRoles.Admin);
        var admins = context.UserRoles.Where(link => link.RoleId == adminRole)
            .Join(context.Users, link => link.UserId, user => user.Id, (_, user) => user).Where(user => !user.Disabled);
        if (await admins.AnyAsync(user => user.Id == id, cancellationToken) && !await admins.AnyAsync(user => user.Id != id, cancellationToken))
            throw new RecordConflictException("This is the only admin; make somebody else an admin first.");
    }

    internal static async Task AddAsync(LabDbContext context, ILookupNormalizer names, LabUser user, string role, DateTimeOffset now, CancellationToken cancellationToken)
    {
        user.NormalizedUserName = names.NormalizeName(user.UserName);
        user.NormalizedEmail = names.NormalizeEmail(user.Email);
        if (await context.Users.AnyAsync(one => one.NormalizedUserName == user.NormalizedUserName, cancellationToken))
            throw new RecordConflictException($"There is a user named \"{user.UserName}\" already.");
        user.SecurityStamp ??= Guid.NewGuid().ToString();
        user.CreatedAt = now;
        context.Add(user);
        context.Add(new IdentityUserRole<string> { UserId = user.Id, RoleId = AccessMapping.RoleId(role) });
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Gives the user a new security stamp, which ends every sign-in made before, and notes who changed what.</summary>
    private async Task ChangingAsync(LabDbContext context, Actor actor, string id, string action, string? detail, CancellationToken cancellationToken)
    {
        var user = await context.Users.FirstOrDefaultAsync(one => one.Id == id, cancellationToken) ?? throw new RecordNotFoundException("user", id);
        user.SecurityStamp = Guid.NewGuid().ToString();
        user.ConcurrencyStamp = Guid.NewGuid().ToString(); // Identity must not write back an older copy of the account
        context.Audit(actor, time.Now(), action, $"user {user.UserName}", detail);
        await context.SaveChangesAsync(cancellationToken);
    }
}
