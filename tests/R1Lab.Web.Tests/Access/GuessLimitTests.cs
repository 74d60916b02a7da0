using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

/// <summary>Guesses at passwords and set-up tokens are limited, whatever the spelling of the address, and a refusal costs no hash.</summary>
public sealed class GuessLimitTests : IDisposable
{
    private const int PerMinute = 3;
    private const int Tries = 12;
    private static readonly Dictionary<string, string> Settings = new() { ["Lab:RateLimits:SignInsPerMinute"] = $"{PerMinute}" };

    private readonly LabHost _lab = LabHost.With(Settings);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("/account/sign-in")]
    [InlineData("/account/sign-in/")]
    [InlineData("/Account/SIGN-IN")]
    [InlineData("/account/sign%2Din")]
    [InlineData("/%61ccount/sign-in/?x=1")]
    [InlineData("/setup")]
    [InlineData("/SetUp/")]
    public async Task Post_ToAnySpelling_IsTakenAFewTimesAMinute(string address)
    {
        using var browser = _lab.Browser();

        var taken = await CountAsync(() => browser.PostAsync(new Uri(address, UriKind.Relative), new FormUrlEncodedContent([new("password", "guess")]), Cancel));

        Assert.Equal(PerMinute, taken);
    }

    [Fact]
    public async Task Get_OfTheSetUpPage_IsAGuessAtItsToken()
    {
        using var browser = _lab.Browser();
        var number = 0;

        var taken = await CountAsync(() => browser.GetAsync(new Uri($"/setup?token=guess-{number++}", UriKind.Relative), Cancel));

        Assert.Equal(PerMinute, taken);
    }

    [Fact]
    public async Task Get_OfTheSignInPage_IsNoGuess()
    {
        using var browser = _lab.Browser();

        var taken = await CountAsync(() => browser.GetAsync(new Uri(AccountPaths.SignIn, UriKind.Relative), Cancel));

        Assert.Equal(Tries, taken);
    }

    [Fact]
    public async Task CurrentPassword_GuessedInAnOpenSession_IsLimitedToo()
    {
        using var browser = await _lab.SignedInAsync(LabRoles.Viewer); // the first of the minute

        var taken = await CountAsync(() => browser.SendFormAsync(
            AccountPaths.Password, "password", ("current", "a guess"), ("next", "another good password"), ("repeat", "another good password")));

        Assert.Equal(PerMinute - 1, taken);
    }

    [Fact]
    public async Task Guesses_BeyondTheLimit_CostNoHash()
    {
        var hasher = new CountingHasher();
        using var counted = LabHost.With(
            Settings, services => services.Replace(ServiceDescriptor.Singleton<IPasswordHasher<LabUser>>(hasher)));
        using var browser = counted.Browser();

        await CountAsync(() => browser.SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", "nobody"), ("password", "guess")));

        Assert.Equal(PerMinute, hasher.Verified);
    }

    [Fact]
    public async Task Key_HasABucketOfItsOwn_BesideOtherKeysAndItsOwnersSession()
    {
        using var lab = LabHost.With(new() { ["Lab:RateLimits:Burst"] = "4", ["Lab:RateLimits:PerSecond"] = "1" });
        (await lab.SignedInAsync(LabRoles.Admin)).Dispose();
        var owner = await lab.UserAsync(LabRoles.Admin);
        using var first = await KeyClientAsync(lab, owner.Id, "first");
        using var second = await KeyClientAsync(lab, owner.Id, "second");

        var exhausted = await CountAsync(() => first.GetAsync(new Uri("/api/v1/runs", UriKind.Relative), Cancel));
        using var other = await second.GetAsync(new Uri("/api/v1/runs", UriKind.Relative), Cancel);

        Assert.InRange(exhausted, 4, Tries - 1);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public void Pages_WhoseFormTakesASecret_AreMarked()
    {
        var forms = typeof(Program).Assembly.GetTypes().Where(page => page.GetCustomAttributes<RouteAttribute>().Any() && TakesASecret(page)).ToList();

        Assert.NotEmpty(forms);
        Assert.All(forms, page => Assert.True(page.GetCustomAttribute<ChecksSecretAttribute>() is not null, page.Name));
    }

    // Rights and limits hang on endpoints. The text of the path may decide only in what shape an error is answered, and where a visitor returns to.
    [Fact]
    public void Sources_ComparePathsOnlyForTheShapeOfAnAnswer()
    {
        string[] compared = ["Request.Path ==", "Request.Path.Equals", "Request.Path.Value", "StartsWithSegments", "Request.Path.StartsWith"];
        var source = Path.Combine(ReferenceFiles.Repository, "src", "R1Lab.Web");

        var places = Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => File.ReadAllText(file) is var text && compared.Any(words => text.Contains(words, StringComparison.Ordinal)))
            .Select(Path.GetFileName).Order(StringComparer.Ordinal);

        Assert.Equal(["ApiErrorAnswer.cs", "ApiPaths.cs", "HttpsFrontDoor.cs"], places);
    }

    private static bool TakesASecret(Type page) => page.GetProperties(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)
        .Any(field => field.GetCustomAttribute<SupplyParameterFromFormAttribute>()?.Name is "password" or "current" or "token");

    private static async Task<HttpClient> KeyClientAsync(LabHost lab, string ownerId, string name)
    {
        var (_, secret) = await lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, name, [ApiScopes.All], ownerId, null, Cancel);
        var client = lab.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        return client;
    }

    /// <summary>How many of the tries were not answered 429.</summary>
    private static async Task<int> CountAsync(Func<Task<HttpResponseMessage>> send)
    {
        var taken = 0;
        for (var number = 0; number < Tries; number++)
        {
            using var answer = await send();
            if (answer.StatusCode != HttpStatusCode.TooManyRequests) taken++;
        }

        return taken;
    }

    private sealed class CountingHasher : PasswordHasher<LabUser>
    {
        public int Verified { get; private set; }

        public override PasswordVerificationResult VerifyHashedPassword(LabUser user, string hashedPassword, string providedPassword)
        {
            Verified++;
            return base.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
