using Microsoft.AspNetCore.Identity;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// Checks name and password. Unknown, wrong, locked and disabled look the same and take the same time, so that nobody learns which names exist.
/// </summary>
public sealed class SignInDesk(SignInManager<LabUser> signIn, UserManager<LabUser> users, IPasswordHasher<LabUser> hasher, AuditStore audit)
{
    private static readonly LabUser Nobody = new();
    private static string? _nobodysHash;

    /// <summary>The user who is now signed in, or null.</summary>
    public async Task<LabUser?> SignInAsync(string name, string password, bool remember, string? address)
    {
        var user = await users.FindByNameAsync(name.Trim());
        if (user is null || !await signIn.CanSignInAsync(user) || await users.IsLockedOutAsync(user))
        {
            hasher.VerifyHashedPassword(Nobody, _nobodysHash ??= hasher.HashPassword(Nobody, Guid.NewGuid().ToString()), password);
            await RecordAsync(user, name, AuditActions.SignInRefused, address);
            return null;
        }

        var result = await signIn.PasswordSignInAsync(user, password, remember, lockoutOnFailure: true);
        await RecordAsync(user, name, result.Succeeded ? AuditActions.SignIn : AuditActions.SignInRefused, address);
        return result.Succeeded ? user : null;
    }

    private Task RecordAsync(LabUser? user, string name, string action, string? address)
    {
        const int longest = 64;
        var shown = user?.UserName ?? name[..Math.Min(longest, name.Length)];
        return audit.RecordAsync(Actor.Of(user?.Id, shown, [], address: address), action);
    }
}
