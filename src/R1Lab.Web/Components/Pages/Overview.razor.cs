using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using R1Lab.Web.Access;

namespace R1Lab.Web.Components.Pages;

/// <summary>The start page: how far the circle has come, what runs now, what waits. Raters start at their tasks.</summary>
public sealed partial class Overview : ComponentBase
{
    private bool _mayView;

    [Inject]
    private IAuthorizationService Authorization { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        var user = (await Session).User;
        _mayView = (await Authorization.AuthorizeAsync(user, LabPolicies.CanView)).Succeeded;
        if (!_mayView) Navigation.NavigateTo("/rate", replace: true);
    }
}
