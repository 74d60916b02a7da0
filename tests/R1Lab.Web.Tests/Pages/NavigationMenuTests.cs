using System.Reflection;
using Microsoft.AspNetCore.Components;
using R1Lab.Web.Components.Layout;

namespace R1Lab.Web.Tests.Pages;

public sealed class NavigationMenuTests
{
    [Fact]
    public void Entries_OfTheMenu_LeadToPagesThatExist()
    {
        var addresses = typeof(NavigationMenu).Assembly.GetTypes().SelectMany(page => page.GetCustomAttributes<RouteAttribute>()).Select(route => route.Template);

        Assert.Empty(NavigationMenu.Entries.Select(entry => entry.Href).Except(addresses));
    }
}
