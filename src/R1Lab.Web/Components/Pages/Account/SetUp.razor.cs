using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Web.Access;

namespace R1Lab.Web.Components.Pages.Account;

/// <summary>Creates the first admin for whoever holds the link printed on the console. The link works once.</summary>
public sealed partial class SetUp : ComponentBase
{
    private bool _isOpen;
    private List<string> _problems = [];

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = default!;

    [Inject]
    private UserAccounts Accounts { get; set; } = default!;

    [Inject]
    private SignInDesk Desk { get; set; } = default!;

    [Inject]
    private AccessStore Access { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [SupplyParameterFromQuery(Name = "token")]
    private string? Token { get; set; }

    [SupplyParameterFromForm(Name = "token", FormName = "set-up")]
    private string? FormToken { get; set; }

    [SupplyParameterFromForm(Name = "name", FormName = "set-up")]
    private string? Name { get; set; }

    [SupplyParameterFromForm(Name = "password", FormName = "set-up")]
    private string? Password { get; set; }

    [SupplyParameterFromForm(Name = "repeat", FormName = "set-up")]
    private string? Repeat { get; set; }

    protected override async Task OnInitializedAsync() => _isOpen = (FormToken ?? Token) is { } token && await Access.IsSetupTokenAsync(token);

    private async Task CreateAsync()
    {
        if (!_isOpen) return;
        if (Password != Repeat)
        {
            _problems = [Text["RepeatDiffers"]];
            return;
        }

        var (outcome, checks) = await Accounts.SetUpAsync(FormToken ?? "", Name ?? "", Password ?? "");
        if (outcome == FirstAdminOutcome.Created)
        {
            await Desk.SignInAsync(Name!, Password!, remember: true, HttpContext.Connection.RemoteIpAddress?.ToString());
            Navigation.NavigateTo("/");
        }
        else
        {
            _isOpen = outcome is null; // null: only the name or the password was refused
            _problems = [.. checks.Errors.Select(error => error.Description)];
        }
    }
}
