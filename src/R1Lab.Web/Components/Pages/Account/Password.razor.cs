using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using R1Lab.Data.Access;
using R1Lab.Web.Access;

namespace R1Lab.Web.Components.Pages.Account;

/// <summary>Changes one's own password; sign-ins elsewhere end, this one goes on.</summary>
public sealed partial class Password : ComponentBase
{
    private bool _changed;
    private List<string> _problems = [];

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = default!;

    [Inject]
    private UserManager<LabUser> Users { get; set; } = default!;

    [Inject]
    private SignInManager<LabUser> SignIn { get; set; } = default!;

    [Inject]
    private UserAccounts Accounts { get; set; } = default!;

    [Inject]
    private UserSessions Sessions { get; set; } = default!;

    [SupplyParameterFromForm(Name = "current", FormName = "password")]
    private string? Current { get; set; }

    [SupplyParameterFromForm(Name = "next", FormName = "password")]
    private string? Next { get; set; }

    [SupplyParameterFromForm(Name = "repeat", FormName = "password")]
    private string? Repeat { get; set; }

    private async Task ChangeAsync()
    {
        if (Next != Repeat)
        {
            _problems = [Text["RepeatDiffers"]];
            return;
        }

        var address = HttpContext.Connection.RemoteIpAddress?.ToString();
        if (await Sessions.FindAsync(HttpContext.User, address) is not { Session: not null } actor) return;
        var result = await Accounts.ChangePasswordAsync(actor, Current ?? "", Next ?? "");
        _changed = result.Succeeded;
        _problems = [.. result.Errors.Select(error => error.Description)];
        if (_changed && await Users.GetUserAsync(HttpContext.User) is { } user) await SignIn.RefreshSignInAsync(user);
    }
}
