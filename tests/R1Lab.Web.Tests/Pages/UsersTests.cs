using AngleSharp.Dom;
using R1Lab.Data.Access;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Pages.Administration;

namespace R1Lab.Web.Tests.Pages;

public sealed class UsersTests : PageTest
{
    private static readonly Visitor Admin = new("admin", "admin");

    [Fact]
    public async Task Page_WithUsers_ListsThem()
    {
        await Get<UserAccounts>().CreateAsync(Admin, "李雷", LabRoles.Trainer, Visitors.Password);

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
        Assert.Equal(LabRoles.Rater, Assert.Single(await Get<UserStore>().ListAsync(TestContext.Current.CancellationToken)).Role);
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
        Assert.Empty(await Get<UserStore>().ListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Disable_OfTheOnlyAdmin_IsRefusedInWords()
    {
        await Get<UserAccounts>().CreateAsync(Admin, "only", LabRoles.Admin, Visitors.Password);
        var page = Show<Users>();
        page.WaitForElement("[data-testid=users]");

        await page.FindAll("button").Single(button => button.TextContent.Trim() == "Disable").ClickAsync(new());

        Assert.Contains("only admin", page.WaitForElement("[data-testid=error-panel]").TextContent, StringComparison.Ordinal);
    }
}
