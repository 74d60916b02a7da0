using System.Net;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

public sealed class SetUpTests : IDisposable
{
    private readonly LabHost _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Link_UsedOnce_CreatesAnAdminAndSignsIn()
    {
        var browser = _lab.Browser();
        var link = await LinkAsync();

        var answer = await browser.SendFormAsync(link, "set-up", ("name", "王芳"), ("password", Visitors.Password), ("repeat", Visitors.Password), ("token", Token(link)));
        var start = await browser.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, start.StatusCode);
        Assert.Equal(LabRoles.Admin, (await _lab.UserAsync("王芳")).Role);
    }

    [Fact]
    public async Task Link_UsedAgain_IsClosed()
    {
        var link = await LinkAsync();
        await _lab.Browser().SendFormAsync(link, "set-up", ("name", "first"), ("password", Visitors.Password), ("repeat", Visitors.Password), ("token", Token(link)));

        var page = await _lab.CreateClient().GetStringAsync(new Uri(link, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Contains("set-up-closed", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Form_WithoutTheToken_CreatesNobody()
    {
        var link = await LinkAsync();

        await _lab.Browser().SendFormAsync(link, "set-up", ("name", "thief"), ("password", Visitors.Password), ("repeat", Visitors.Password), ("token", "guessed"));

        Assert.False(await _lab.Get<AccessStore>().AdminExistsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Form_WithCommonPassword_SaysSoAndKeepsTheLink()
    {
        var browser = _lab.Browser();
        var link = await LinkAsync();

        var refused = await browser.SendFormAsync(link, "set-up", ("name", "wang"), ("password", "password123"), ("repeat", "password123"), ("token", Token(link)));
        var taken = await browser.SendFormAsync(link, "set-up", ("name", "wang"), ("password", Visitors.Password), ("repeat", Visitors.Password), ("token", Token(link)));

        Assert.Contains("too easy to guess", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, taken.StatusCode);
    }

    [Fact]
    public async Task SetUp_ManyAtOnce_CreatesExactlyOneAdmin()
    {
        const int racers = 24;
        var token = Token(await LinkAsync());
        var accounts = _lab.Get<UserAccounts>();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, racers).Select(number => Task.Run(() => accounts.SetUpAsync(token, $"racer {number}", Visitors.Password))));

        Assert.Single(outcomes, outcome => outcome.Outcome == FirstAdminOutcome.Created);
        Assert.Single(await _lab.Get<UserStore>().ListAsync(TestContext.Current.CancellationToken));
    }

    private static string Token(string link) => link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..];

    private async Task<string> LinkAsync()
    {
        _lab.CreateClient().Dispose(); // starts the program
        return $"{AccountPaths.SetUp}?token={await _lab.Get<AccessStore>().IssueSetupTokenAsync(Actors.Lab)}";
    }
}
