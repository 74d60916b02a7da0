using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Administration;

namespace R1Lab.Web.Tests.Pages;

public sealed class KeysTests : PageTest
{
    [Fact]
    public async Task Create_WithName_ShowsTheKeyOnceAndStoresOnlyItsHash()
    {
        var page = Show<Keys>();
        await page.WaitForElement("input[data-testid=key-name]").ChangeAsync(new() { Value = "notebook" });

        await page.Find("[data-testid=key-create]").ClickAsync(new());

        var secret = page.WaitForElement("[data-testid=key-secret]").TextContent;
        var key = Assert.Single(await Get<AccessStore>().ListKeysAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Matches("^r1l_[A-Za-z0-9_-]{43}$", secret);
        Assert.Equal(("notebook", ApiScopes.Generate, secret[..10]), (key.Name, key.Scopes, key.Prefix));
        Assert.DoesNotContain(secret, page.Find("[data-testid=keys]").InnerHtml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WithoutName_SaysSo()
    {
        var page = Show<Keys>();

        await page.WaitForElement("[data-testid=key-create]").ClickAsync(new());

        Assert.Contains("name", page.WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Empty(await Get<AccessStore>().ListKeysAsync(cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Revoke_AfterTypingTheName_EndsTheKey()
    {
        var issued = await Get<AccessStore>().CreateKeyAsync(Actors.Lab, "notebook", [ApiScopes.Read], null, cancellationToken: TestContext.Current.CancellationToken);
        var page = Show<Keys>();
        page.WaitForElement("[data-testid=keys]");
        var asked = page.Find("[data-testid=key-revoke]").ClickAsync(new());
        await Dialogs.WaitForElement("input[data-testid=confirm-name]").InputAsync(new() { Value = "notebook" });

        await Dialogs.Find("[data-testid=confirm-action]").ClickAsync(new());
        await asked;

        Assert.Null(await Get<AccessStore>().FindKeyAsync(issued.Secret, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Revoke_BeforeTheNameIsTyped_IsNotPossible()
    {
        await Get<AccessStore>().CreateKeyAsync(Actors.Lab, "notebook", [ApiScopes.Read], null, cancellationToken: TestContext.Current.CancellationToken);
        var page = Show<Keys>();
        page.WaitForElement("[data-testid=keys]");

        _ = page.Find("[data-testid=key-revoke]").ClickAsync(new());

        Assert.True(Dialogs.WaitForElement("[data-testid=confirm-action]").HasAttribute("disabled"));
    }
}
