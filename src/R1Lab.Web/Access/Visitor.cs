using System.Security.Claims;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>Who looks at a page, as the sign-in said: decides what is shown, never what is done (see <see cref="LiveSession"/>).</summary>
/// <param name="UserId">The user's id; <c>key 7</c> for a key without an owner.</param>
/// <param name="Name">For lists.</param>
public sealed record Visitor(string? UserId, string Name)
{
    public const string KeyClaim = "r1lab:key";

    /// <summary>The SHA-256 of the secret that was shown: a rotated key has several, each with an end of its own.</summary>
    public const string SecretClaim = "r1lab:secret";

    /// <summary>May do everything, also to what belongs to others.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>May create, and change the own things.</summary>
    public bool MayTrain { get; init; }

    public static Visitor Of(ClaimsPrincipal user) => new(user.FindFirstValue(ClaimTypes.NameIdentifier), user.Identity?.Name ?? "-")
    {
        IsAdmin = user.IsInRole(LabRoles.Admin),
        MayTrain = LabPolicies.Roles[LabPolicies.CanTrain].Any(user.IsInRole),
    };

    /// <summary>Whether something with this owner may be changed: by its owner, and by administrators; what has no owner, by those alone.</summary>
    public bool MayChange(string? ownerId) => IsAdmin || (MayTrain && UserId is not null && UserId == ownerId);
}
