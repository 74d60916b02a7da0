using System.Security.Claims;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>Who asks: a signed-in user, or the owner of the API key in use.</summary>
/// <param name="UserId">The user's id; null for the bootstrap key, which belongs to nobody.</param>
/// <param name="Name">For lists and the audit log.</param>
public sealed record Visitor(string? UserId, string Name)
{
    public const string KeyClaim = "r1lab:key";

    public static Visitor Of(ClaimsPrincipal user) => new(
        user.FindFirstValue(ClaimTypes.NameIdentifier) is { Length: > 0 } id && !id.StartsWith("key ", StringComparison.Ordinal) ? id : null,
        user.Identity?.Name ?? "-");

    /// <summary>An entry of the audit log in this visitor's name.</summary>
    public AuditEntry Did(string action, string? subject = null, string? detail = null, string? address = null) =>
        new() { ActorId = UserId, ActorName = Name, Action = action, Subject = subject, Detail = detail, Address = address };
}
