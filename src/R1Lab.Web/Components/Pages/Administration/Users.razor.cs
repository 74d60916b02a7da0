using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Administration;

/// <summary>The people of the lab: who they are, what they may do.</summary>
public sealed partial class Users : ComponentBase
{
    private Loadable<IReadOnlyList<UserSummary>>? _list;
    private string? _problem;

    [Inject]
    private UserStore Store { get; set; } = default!;

    [Inject]
    private UserAccounts Accounts { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    private async Task CreateAsync()
    {
        var dialog = await Dialogs.ShowAsync<CreateUser>(Text["Create"], new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true });
        if (await dialog.Result is { Canceled: false, Data: string name }) await ShowAsync(Text["Created", name]);
    }

    private Task ChangeRoleAsync(UserSummary user, string? role) => role is null || role == user.Role
        ? Task.CompletedTask
        : TryAsync(actor => Accounts.ChangeRoleAsync(actor, user, role), Text["RoleChanged", user.UserName, Text[role]]);

    private Task SetDisabledAsync(UserSummary user, bool disabled) =>
        TryAsync(actor => Accounts.SetDisabledAsync(actor, user, disabled), Text[disabled ? "WasDisabled" : "WasEnabled", user.UserName]);

    private async Task ResetPasswordAsync(UserSummary user)
    {
        var parameters = new DialogParameters<ResetPassword> { { dialog => dialog.User, user } };
        var shown = await Dialogs.ShowAsync<ResetPassword>(Text["ResetPassword"], parameters, new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true });
        if (await shown.Result is { Canceled: false }) await ShowAsync(Text["WasReset", user.UserName]);
    }

    private async Task TryAsync(Func<Actor, Task> change, string done)
    {
        try
        {
            await change(await Live.DemandAsync(LabRight.Administer));
            await ShowAsync(done);
        }
        catch (RecordConflictException conflict)
        {
            _problem = Failures.Show(conflict);
            if (_list is not null) await _list.ReloadAsync();
        }
    }

    private async Task ShowAsync(string done)
    {
        _problem = null;
        Snackbar.Add(done, Severity.Success);
        if (_list is not null) await _list.ReloadAsync();
    }
}
