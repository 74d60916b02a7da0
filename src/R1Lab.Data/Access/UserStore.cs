using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Access;

/// <summary>The people of the lab beside what Identity's UserManager does: lists, one role each, preferences, disabling.</summary>
public sealed class UserStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes)
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

    public Task SetPreferencesAsync(string id, string? language, string? theme, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            (context, token) => context.Users.Where(user => user.Id == id).ExecuteUpdateAsync(
                set => set.SetProperty(user => user.Language, language).SetProperty(user => user.Theme, theme), token),
            cancellationToken);

    /// <summary>Gives the user this role and no other; sign-ins made before end (new security stamp).</summary>
    /// <exception cref="RecordConflictException">It would leave the lab without an admin.</exception>
    public Task SetRoleAsync(string id, string role, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                if (role != LabRoles.Admin) await RefuseToLoseLastAdminAsync(context, id, token);
                await ReplaceStampAsync(context, id, token);
                await context.UserRoles.Where(link => link.UserId == id).ExecuteDeleteAsync(token);
                context.Add(new IdentityUserRole<string> { UserId = id, RoleId = AccessMapping.RoleId(role) });
                await context.SaveChangesAsync(token);
            },
            cancellationToken);

    /// <summary>Bars or admits a user; sign-ins made before end (new security stamp).</summary>
    /// <exception cref="RecordConflictException">It would leave the lab without an admin.</exception>
    public Task SetDisabledAsync(string id, bool disabled, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                if (disabled) await RefuseToLoseLastAdminAsync(context, id, token);
                await ReplaceStampAsync(context, id, token);
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

    private static async Task ReplaceStampAsync(LabDbContext context, string id, CancellationToken cancellationToken)
    {
        var stamp = Guid.NewGuid().ToString();
        var changed = await context.Users.Where(user => user.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(user => user.SecurityStamp, stamp), cancellationToken);
        if (changed == 0) throw new RecordNotFoundException("user", id);
    }
}
