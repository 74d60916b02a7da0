using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Web.Components.Layout;
using R1Lab.Web.Https;

namespace R1Lab.Web.Tests.Pages;

public sealed class PlainHttpNoticeTests : PageTest
{
    [Theory]
    [InlineData(LabRoles.Admin, true)]
    [InlineData(LabRoles.Trainer, false)]
    [InlineData(LabRoles.Rater, false)]
    [InlineData(LabRoles.Viewer, false)]
    public void Notice_OverPlainHttp_IsShownToEveryoneAndLinksAdministrators(string role, bool linked)
    {
        SignIn("somebody", role);

        var notice = Show(isExposed: true);

        Assert.Contains("not encrypted", notice.Find("[data-testid=plain-http-notice]").TextContent, StringComparison.Ordinal);
        Assert.Equal(linked, notice.FindAll($"a[href='{CertificatePaths.State}']").Count == 1);
    }

    [Fact]
    public void Notice_OverHttpsOrOnThisMachine_IsNotThere()
    {
        var notice = Show(isExposed: false);

        Assert.Empty(notice.Markup.Trim());
    }

    [Fact]
    public void Notice_BeforeSigningIn_IsNotThere()
    {
        Session.SetNotAuthorized();

        var notice = Show(isExposed: true);

        Assert.Empty(notice.Markup.Trim());
    }

    private IRenderedComponent<CascadingValue<bool>> Show(bool isExposed) => Show<CascadingValue<bool>>(parameters => parameters
        .Add(cascade => cascade.Name, "IsExposed").Add(cascade => cascade.Value, isExposed).AddChildContent<PlainHttpNotice>());
}
