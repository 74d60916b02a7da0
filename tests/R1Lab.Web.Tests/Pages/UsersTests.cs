using AngleSharp.Dom;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Pages.Administration;

namespace R1Lab.Web.Tests.Pages;

public sealed class UsersTests : PageTest
{
    [Fact]
    public async Task Page_WithUsers_ListsThem()
    {
        await Get<UserAccounts>().CreateAsync(Actors.Lab, "李雷", LabRoles.Trainer, Visitors.Password);

        var page = Show<Users>();

        Assert.Contains("李雷", page.WaitForElement("[data-testid=users] tbody").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WithNameAndPassword_AddsARater()
    {
        var page = Show<Users>();
        _ = page.WaitForElement("[data-testid=create-user]").ClickAsync(new()); // ends when the dialog does
        await Dialogs.WaitForElement("input[data-testid=user-name]").ChangeAsync(new() { Value = "han" });
        await Dialogs.Find("input[data-testid=user-password]").ChangeAsync(new() { Value = Visitors.Password });

        await Dialogs.Find("[data-testid=user-submit]").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("han", page.Find("[data-testid=users] tbody").TextContent, StringComparison.Ordinal));
        Assert.Equal(LabRoles.Rater, (await Get<UserStore>().ListAsync(TestContext.Current.CancellationToken)).Single(user => user.UserName == "han").Role);
    }

    [Fact]
    public async Task Create_WithCommonPassword_SaysWhyAndAddsNobody()
    {
        var page = Show<Users>();
        _ = page.WaitForElement("[data-testid=create-user]").ClickAsync(new()); // ends when the dialog does
        await Dialogs.WaitForElement("input[data-testid=user-name]").ChangeAsync(new() { Value = "han" });
        await Dialogs.Find("input[data-testid=user-password]").ChangeAsync(new() { Value = "password" });

        await Dialogs.Find("[data-testid=user-submit]").ClickAsync(new());

        Assert.Contains("too easy to guess", Dialogs.WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain(await Get<UserStore>().ListAsync(TestContext.Current.CancellationToken), user => user.UserName == "han");
    }

    [Fact]
    public async Task Disable_OfTheOnlyAdmin_IsRefusedInWords()
    {
        var page = Show<Users>();
        page.WaitForElement("[data-testid=users]");

        await page.FindAll("button").Single(button => button.TextContent.Trim() == "Disable").ClickAsync(new());

        Assert.Contains("only admin", page.WaitForElement("[data-testid=error-panel]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_InADialogLeftOpenByAnAdminDemotedMeanwhile_IsRefusedAndInTheAudit()
    {
        var page = Show<Users>();
        _ = page.WaitForElement("[data-testid=create-user]").ClickAsync(new()); // ends when the dialog does
        await Dialogs.WaitForElement("input[data-testid=user-name]").ChangeAsync(new() { Value = "mole" });
        await Dialogs.Find("input[data-testid=user-password]").ChangeAsync(new() { Value = Visitors.Password });
        await Get<UserAccounts>().CreateAsync(Actors.Lab, "other", LabRoles.Admin, Visitors.Password);
        await Get<UserStore>().SetRoleAsync(Actors.Lab, "admin", LabRoles.Trainer, TestContext.Current.CancellationToken);

        await Dialogs.Find("[data-testid=user-submit]").ClickAsync(new());

        Assert.Contains("Nothing was changed", Dialogs.WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain(await Get<UserStore>().ListAsync(TestContext.Current.CancellationToken), user => user.UserName == "mole");
        var refused = Assert.Single((await Get<AuditStore>().PageAsync(0, 10, AuditActions.Refused, TestContext.Current.CancellationToken)).Entries);
        Assert.Equal(("admin", "admin"), (refused.ActorId, refused.ActorName));
    }
}
