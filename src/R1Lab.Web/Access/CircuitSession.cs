using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace R1Lab.Web.Access;

/// <summary>Ends an open page, its dialogs and the answer it is writing within seconds after the account lost its rights or signed out.</summary>
public sealed class CircuitSession(ILoggerFactory logs, UserSessions sessions) : RevalidatingServerAuthenticationStateProvider(logs)
{
    private readonly ILogger _log = logs.CreateLogger<CircuitSession>();

    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(4);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        try
        {
            return await sessions.HoldsAsync(authenticationState.User, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _log.LogWarning(error, "An open page's sign-in could not be checked; trying again.");
            return true; // every change asks by itself; a database that fails for a moment must not close every page
        }
    }
}
