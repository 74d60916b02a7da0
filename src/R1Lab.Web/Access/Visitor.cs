using System.Security.Claims;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>Who asks: a signed-in user, or the owner of the API key in use.</summary>
/// <param name="UserId">The user's id; null for the bootstrap key, which belongs to nobody.</param>
/// <param name="Name">For lists and the audit log.</param>
public sealed record Visitor(string? UserId, string Name)
{
    public const string KeyClaim = "r1lab:key";

    /// <summary>May do everything, also to what belongs to others.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>May start runs, and change the own ones.</summary>
    public bool MayTrain { get; init; }

    public static Visitor Of(ClaimsPrincipal user) => new(
        user.FindFirstValue(ClaimTypes.NameIdentifier) is { Length: > 0 } id && !id.StartsWith("key ", StringComparison.Ordinal) ? id : null,
        user.Identity?.Name ?? "-")
    {
        IsAdmin = user.IsInRole(LabRoles.Admin),
        MayTrain = LabPolicies.Roles[LabPolicies.CanTrain].Any(user.IsInRole),
    };

    /// <summary>Whether a thing with this owner may be changed: by its owner, and by administrators; what belongs to nobody, by those alone.</summary>
    public bool MayChange(string? ownerId) => IsAdmin || (MayTrain && UserId is not null && UserId == ownerId);

    /// <summary>An entry of the audit log in this visitor's name.</summary>
    public AuditEntry Did(string action, string? subject = null, string? detail = null, string? address = null) =>
        new() { ActorId = UserId, ActorName = Name, Action = action, Subject = subject, Detail = detail, Address = address };
}
