using R1Lab.Data.Access;
using R1Lab.Web.Components.Pages;
using Microsoft.AspNetCore.Components;

namespace R1Lab.Web.Tests.Pages;

public sealed class OverviewTests : PageTest
{
    [Fact]
    public void Page_SignedInAsAdmin_ShowsTheDevice()
    {
        var page = Show<Overview>();

        Assert.Equal("cpu", page.Find("[data-testid=device]").TextContent);
    }

    [Fact]
    public void Page_SignedInAsRater_LeadsToTheTasks()
    {
        SignIn("rater", LabRoles.Rater);

        Show<Overview>();

        Assert.EndsWith("/rate", Get<NavigationManager>().Uri, StringComparison.Ordinal);
    }
}
