using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// The one source of an <see cref="Actor"/> for what people and keys ask for: it reads account, role and sign-in (or key and owner) from the
/// database at the moment of the action. Works in a request and in a circuit, where the page may have been open for hours.
/// </summary>
public sealed class LiveSession(IServiceProvider scope, IHttpContextAccessor requests, UserSessions sessions, AuditStore audit)
{
    /// <summary>The actor, who has this right now.</summary>
    /// <exception cref="NotAllowedException">The sign-in or key ended, or no longer includes the right; the audit log has the refusal.</exception>
    public async Task<Actor> DemandAsync(LabRight right, CancellationToken cancellationToken = default)
    {
        var actor = await DemandSignedInAsync(cancellationToken);
        if (actor.Has(right)) return actor;
        await RefuseAsync(actor, Actor.Denial(right));
        throw new NotAllowedException(Actor.Denial(right));
    }

    /// <summary>The actor, whatever the role: for what belongs to the own account.</summary>
    /// <exception cref="NotAllowedException">The sign-in or key ended; the audit log has the refusal.</exception>
    public async Task<Actor> DemandSignedInAsync(CancellationToken cancellationToken = default)
    {
        var principal = await PrincipalAsync();
        var address = requests.HttpContext?.Connection.RemoteIpAddress?.ToString();
        if (await sessions.FindAsync(principal, address, cancellationToken) is { } actor) return actor;
        var visitor = Visitor.Of(principal);
        await RefuseAsync(Actor.Of(visitor.UserId, visitor.Name, [], address: address), "The sign-in or key has ended.");
        throw new NotAllowedException("Your sign-in or key has ended. Sign in again.");
    }

    /// <summary>The actor, who may change something with this owner.</summary>
    /// <param name="what">The object in words, for example <c>dataset 3</c>.</param>
    /// <exception cref="NotAllowedException">Also when it belongs to somebody else.</exception>
    public async Task<Actor> DemandAsync(LabRight right, string what, string? ownerId, string? ownerName, CancellationToken cancellationToken = default)
    {
        var actor = await DemandAsync(right, cancellationToken);
        try
        {
            actor.DemandOwner(what, ownerId, ownerName);
        }
        catch (NotAllowedException refused)
        {
            await RefuseAsync(actor, refused.Message);
            throw;
        }

        return actor;
    }

    private Task RefuseAsync(Actor actor, string reason) =>
        audit.RecordAsync(actor, AuditActions.Refused, null, reason, CancellationToken.None);

    // The request of a circuit's connection is there too, but it is not the scope of the page and its user may be out of date.
    private async Task<ClaimsPrincipal> PrincipalAsync() => requests.HttpContext is { } request && ReferenceEquals(request.RequestServices, scope)
        ? request.User
        : (await scope.GetRequiredService<AuthenticationStateProvider>().GetAuthenticationStateAsync()).User;
}
