using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Administration;
using R1Lab.Web.Serving.Remote;
using R1Lab.Web.Tests.Serving;
using Microsoft.Extensions.DependencyInjection;

namespace R1Lab.Web.Tests.Pages;

public sealed class EndpointsTests : PageTest
{
    public EndpointsTests()
    {
        Services.AddSingleton(RemoteAsk.Http());
        Services.AddSingleton<EndpointKeys>();
        Services.AddSingleton<EndpointProbe>();
        Services.AddSingleton<EndpointRegistry>();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_FilledForm_StoresChecksAndShowsTheEndpointWithoutItsKey()
    {
        await using var server = await RemoteServer.RefusingAsync(200, """{"data":[{"id":"m","max_model_len":4096}]}""");
        var page = Show<Endpoints>();
        _ = page.WaitForElement("[data-testid=endpoint-add]").ClickAsync(new()); // ends when the dialog does
        await FillAsync(("name", "remote"), ("address", server.Address.AbsoluteUri), ("model", "m"), ("key", RemoteAsk.Key));
        await Dialogs.Find("input[data-testid=endpoint-private]").ChangeAsync(new() { Value = true });

        await Dialogs.Find("[data-testid=endpoint-save]").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("works, 4,096 tokens", page.Find("[data-testid=endpoint-state]").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain(RemoteAsk.Key, page.Markup, StringComparison.Ordinal);
        Assert.Equal($"{server.Address}v1", (await Get<EndpointStore>().FindAsync("remote", Cancel))!.Address);
    }

    [Fact]
    public async Task Add_EmptyForm_SaysWhatIsMissingAndStoresNothing()
    {
        var page = Show<Endpoints>();
        _ = page.WaitForElement("[data-testid=endpoint-add]").ClickAsync(new());

        await Dialogs.WaitForElement("[data-testid=endpoint-save]").ClickAsync(new());

        Assert.Equal(3, Dialogs.FindAll("[role=alert]").Count);
        Assert.Empty(await Get<EndpointStore>().ListAsync(Cancel));
    }

    [Fact]
    public async Task Change_StoredEndpoint_KeepsTheKeyThatIsNotShown()
    {
        await AddAsync("remote", "https://a.example/v1");
        var page = Show<Endpoints>();
        _ = page.WaitForElement("[data-testid=endpoint-change]").ClickAsync(new());
        await FillAsync(("model", "other"));

        Assert.Equal("", Dialogs.Find("input[data-testid=endpoint-key]").GetAttribute("value") ?? "");
        await Dialogs.Find("[data-testid=endpoint-save]").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("other", page.Find("[data-testid=endpoints] tbody").TextContent, StringComparison.Ordinal));
        var stored = (await Get<EndpointStore>().FindAsync("remote", Cancel))!;
        Assert.Equal(RemoteAsk.Key, Get<EndpointKeys>().Unprotect(stored.ProtectedKey));
    }

    [Fact]
    public async Task Change_ByTwoAdministrators_IsSaidToTheSecond()
    {
        var added = await AddAsync("remote", "https://a.example/v1");
        var page = Show<Endpoints>();
        _ = page.WaitForElement("[data-testid=endpoint-change]").ClickAsync(new());
        await FillAsync(("model", "mine"));
        await Get<EndpointStore>().UpdateAsync(Actors.Lab, added.Id, 1, new EndpointEdit("remote", added.Address, "theirs", false, 4, KeyChange.Keep), Cancel);

        await Dialogs.Find("[data-testid=endpoint-save]").ClickAsync(new());

        Assert.Contains("changed by another administrator", Dialogs.WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Equal("theirs", (await Get<EndpointStore>().FindAsync("remote", Cancel))!.Model);
    }

    [Fact]
    public async Task Check_AddressInside_SaysWhatIsNotAllowed()
    {
        await AddAsync("remote", "http://localhost:9/v1", key: null);
        var page = Show<Endpoints>();

        await page.WaitForElement("[data-testid=endpoint-check]").ClickAsync(new());

        Assert.Contains("localhost leads to", page.Find("[data-testid=endpoint-state]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_AfterTypingTheName_ForgetsTheEndpoint()
    {
        await AddAsync("remote", "https://a.example/v1");
        var page = Show<Endpoints>();
        var asked = page.WaitForElement("[data-testid=endpoint-remove]").ClickAsync(new());
        await Dialogs.WaitForElement("input[data-testid=confirm-name]").InputAsync(new() { Value = "remote" });

        await Dialogs.Find("[data-testid=confirm-action]").ClickAsync(new());
        await asked;

        Assert.Empty(await Get<EndpointStore>().ListAsync(Cancel));
    }

    private async Task FillAsync(params (string Field, string Value)[] values)
    {
        foreach (var (field, value) in values) await Dialogs.WaitForElement($"input[data-testid=endpoint-{field}]").ChangeAsync(new() { Value = value });
    }

    private Task<RemoteEndpoint> AddAsync(string name, string address, string? key = RemoteAsk.Key) =>
        Get<EndpointRegistry>().AddAsync(Actors.Lab, new EndpointSettings { Name = name, Address = address, Model = "m", Key = key }, Cancel);
}
