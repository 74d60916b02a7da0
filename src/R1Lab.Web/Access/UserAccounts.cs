using Microsoft.AspNetCore.Identity;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>What changes accounts: the first admin, new users, passwords. Each verb has its own scope, because a page lives for hours.</summary>
public sealed class UserAccounts(IServiceScopeFactory scopes, AccessStore access, UserStore store, AuditStore audit)
{
    /// <summary>Creates the first admin for the one who holds the set-up token; of many at once exactly one succeeds.</summary>
    public async Task<(FirstAdminOutcome? Outcome, IdentityResult Checks)> SetUpAsync(string token, string name, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<LabUser>>();
        var admin = new LabUser { UserName = name.Trim(), DisplayName = name.Trim() };
        var checks = await CheckAsync(users, admin, password);
        if (!checks.Succeeded) return (null, checks);

        admin.PasswordHash = users.PasswordHasher.HashPassword(admin, password);
        var outcome = await access.CreateFirstAdminAsync(token, admin);
        if (outcome == FirstAdminOutcome.Created) await audit.RecordAsync(new Visitor(admin.Id, admin.UserName).Did("setup"));
        return (outcome, checks);
    }

    public async Task<IdentityResult> CreateAsync(Visitor actor, string name, string role, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<LabUser>>();
        var user = new LabUser { UserName = name.Trim(), DisplayName = name.Trim(), CreatedAt = DateTimeOffset.UtcNow };
        var created = await users.CreateAsync(user, password);
        if (!created.Succeeded) return created;

        await store.SetRoleAsync(user.Id, role);
        await audit.RecordAsync(actor.Did("user.create", user.UserName, role));
        return created;
    }

    public async Task ChangeRoleAsync(Visitor actor, UserSummary user, string role)
    {
        await store.SetRoleAsync(user.Id, role);
        await audit.RecordAsync(actor.Did("user.role", user.UserName, role));
    }

    public async Task SetDisabledAsync(Visitor actor, UserSummary user, bool disabled)
    {
        await store.SetDisabledAsync(user.Id, disabled);
        await audit.RecordAsync(actor.Did(disabled ? "user.disable" : "user.enable", user.UserName));
    }

    /// <summary>Sets another user's password; that user's sign-ins end.</summary>
    public async Task<IdentityResult> ResetPasswordAsync(Visitor actor, string userId, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<LabUser>>();
        if (await users.FindByIdAsync(userId) is not { } user) return IdentityResult.Failed(users.ErrorDescriber.DefaultError());

        var reset = await users.ResetPasswordAsync(user, await users.GeneratePasswordResetTokenAsync(user), password);
        if (!reset.Succeeded) return reset;
        await users.SetLockoutEndDateAsync(user, null);
        await users.ResetAccessFailedCountAsync(user);
        await audit.RecordAsync(actor.Did("user.password", user.UserName));
        return reset;
    }

    private static async Task<IdentityResult> CheckAsync(UserManager<LabUser> users, LabUser user, string password)
    {
        var errors = new List<IdentityError>();
        foreach (var validator in users.UserValidators) errors.AddRange((await validator.ValidateAsync(users, user)).Errors);
        foreach (var validator in users.PasswordValidators) errors.AddRange((await validator.ValidateAsync(users, user, password)).Errors);
        return errors.Count == 0 ? IdentityResult.Success : IdentityResult.Failed([.. errors]);
    }
}
