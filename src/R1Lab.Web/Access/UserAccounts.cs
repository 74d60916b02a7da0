using Microsoft.AspNetCore.Identity;
using R1Lab.Data;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>What changes accounts: the first admin, new users, passwords. Each verb has its own scope, because a page lives for hours.</summary>
public sealed class UserAccounts(IServiceScopeFactory scopes, AccessStore access, UserStore store)
{
    /// <summary>Creates the first admin for the one who holds the set-up token; of many at once exactly one succeeds.</summary>
    public async Task<(FirstAdminOutcome? Outcome, IdentityResult Checks)> SetUpAsync(string token, string name, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<LabUser>>();
        var admin = new LabUser { UserName = name.Trim(), DisplayName = name.Trim() };
        var checks = await CheckAsync(users, admin, password, users.UserValidators);
        if (!checks.Succeeded) return (null, checks);

        admin.PasswordHash = users.PasswordHasher.HashPassword(admin, password);
        return (await access.CreateFirstAdminAsync(Actor.System("set-up link"), token, admin), checks);
    }

    /// <exception cref="NotAllowedException">The actor is no administrator.</exception>
    public async Task<IdentityResult> CreateAsync(Actor actor, string name, string role, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<LabUser>>();
        var user = new LabUser { UserName = name.Trim(), DisplayName = name.Trim() };
        var checks = await CheckAsync(users, user, password, users.UserValidators);
        if (!checks.Succeeded) return checks;

        user.PasswordHash = users.PasswordHasher.HashPassword(user, password);
        try
        {
            await store.CreateAsync(actor, user, role);
            return checks;
        }
        catch (RecordConflictException)
        {
            return IdentityResult.Failed(users.ErrorDescriber.DuplicateUserName(user.UserName)); // somebody else was faster
        }
    }

    /// <exception cref="NotAllowedException">The actor is no administrator.</exception>
    public Task ChangeRoleAsync(Actor actor, UserSummary user, string role) => store.SetRoleAsync(actor, user.Id, role);

    /// <exception cref="NotAllowedException">The actor is no administrator.</exception>
    public Task SetDisabledAsync(Actor actor, UserSummary user, bool disabled) => store.SetDisabledAsync(actor, user.Id, disabled);

    /// <summary>Sets another user's password; that user's sign-ins end.</summary>
    /// <exception cref="NotAllowedException">The actor is no administrator.</exception>
    public Task<IdentityResult> ResetPasswordAsync(Actor actor, string userId, string password) => SetPasswordAsync(actor, userId, null, password);

    /// <summary>Sets the actor's own password, where the present one is right; other sign-ins end.</summary>
    public Task<IdentityResult> ChangePasswordAsync(Actor actor, string current, string next) => SetPasswordAsync(actor, actor.DemandId(), current, next);

    private async Task<IdentityResult> SetPasswordAsync(Actor actor, string userId, string? current, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<LabUser>>();
        if (await users.FindByIdAsync(userId) is not { } user) return IdentityResult.Failed(users.ErrorDescriber.DefaultError());
        if (current is not null && !await users.CheckPasswordAsync(user, current)) return IdentityResult.Failed(users.ErrorDescriber.PasswordMismatch());
        var checks = await CheckAsync(users, user, password, []);
        if (checks.Succeeded) await store.SetPasswordAsync(actor, userId, users.PasswordHasher.HashPassword(user, password));
        return checks;
    }

    private static async Task<IdentityResult> CheckAsync(
        UserManager<LabUser> users, LabUser user, string password, IEnumerable<IUserValidator<LabUser>> userValidators)
    {
        var errors = new List<IdentityError>();
        foreach (var validator in userValidators) errors.AddRange((await validator.ValidateAsync(users, user)).Errors);
        foreach (var validator in users.PasswordValidators) errors.AddRange((await validator.ValidateAsync(users, user, password)).Errors);
        return errors.Count == 0 ? IdentityResult.Success : IdentityResult.Failed([.. errors]);
    }
}
