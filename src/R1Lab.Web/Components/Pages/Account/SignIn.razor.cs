using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Web.Access;
using R1Lab.Web.Localization;

namespace R1Lab.Web.Components.Pages.Account;

/// <summary>A plain form, because only an ordinary answer can set the sign-in cookie.</summary>
public sealed partial class SignIn : ComponentBase
{
    private bool _failed;
    private bool _needsSetUp;

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = default!;

    [Inject]
    private SignInDesk Desk { get; set; } = default!;

    [Inject]
    private AccessStore Access { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [SupplyParameterFromForm(Name = "name", FormName = "sign-in")]
    private string? Name { get; set; }

    [SupplyParameterFromForm(Name = "password", FormName = "sign-in")]
    private string? Password { get; set; }

    [SupplyParameterFromForm(Name = "remember", FormName = "sign-in")]
    private bool Remember { get; set; }

    [SupplyParameterFromQuery(Name = "returnUrl")]
    private string? ReturnUrl { get; set; }

    protected override async Task OnInitializedAsync() => _needsSetUp = !await Access.AdminExistsAsync();

    private async Task SignInAsync()
    {
        var address = HttpContext.Connection.RemoteIpAddress?.ToString();
        var user = await Desk.SignInAsync(Name ?? "", Password ?? "", Remember, address);
        _failed = user is null;
        if (user is null) return;
        if (user.Language is { } language) Languages.Remember(HttpContext.Response, language);
        Navigation.NavigateTo(AccountPaths.Local(ReturnUrl));
    }
}
