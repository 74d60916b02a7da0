using System.Globalization;
using System.Net.Http.Headers;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;
using R1Lab.Web.Training;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Tests.Access;

/// <summary>Somebody who asks the lab for something.</summary>
/// <param name="Letter">S stranger, V viewer, R rater, G key for generation, T trainer, A administrator.</param>
/// <param name="Id">Owns what it creates.</param>
public sealed record Caller(string Name, char Letter, HttpClient Client, string? Id, bool HasKey);

/// <summary>A lab with a caller of every role, by cookie and by key, and with objects of theirs and of others.</summary>
public sealed class RightsLab : IAsyncLifetime
{
    private const string Somebody = "somebody else";

    private readonly LabHost _lab = LabHost.With(new()
    {
        ["Lab:RateLimits:Burst"] = "100000",
        ["Lab:RateLimits:PerSecond"] = "100000",
        ["Lab:RateLimits:SignInsPerMinute"] = "100000",
        ["Lab:Uploads:PerUser"] = "100000",
    });

    public LabHost Host => _lab;

    public IReadOnlyList<Caller> Callers { get; private set; } = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var callers = new List<Caller> { new("stranger", 'S', _lab.Browser(), null, false) };
        foreach (var (role, letter) in new[] { (LabRoles.Admin, 'A'), (LabRoles.Trainer, 'T'), (LabRoles.Rater, 'R'), (LabRoles.Viewer, 'V') })
        {
            var browser = await _lab.SignedInAsync(role);
            callers.Add(new(role, letter, browser, (await _lab.UserAsync(role)).Id, false));
        }

        var admin = (await _lab.UserAsync(LabRoles.Admin)).Id;
        foreach (var (scope, letter) in new[] { (ApiScopes.All, 'A'), (ApiScopes.Write, 'T'), (ApiScopes.Rate, 'R'), (ApiScopes.Read, 'V'), (ApiScopes.Generate, 'G') })
            callers.Add(await KeyAsync($"key {scope}", scope, admin, admin, letter));
        callers.Add(await KeyAsync("key * without an owner", ApiScopes.All, null, null, 'A'));
        callers.Add(await KeyAsync("key write without an owner", ApiScopes.Write, null, null, 'T'));
        var rater = (await _lab.UserAsync(LabRoles.Rater)).Id;
        callers.Add(await KeyAsync("key * of a rater", ApiScopes.All, rater, rater, 'R'));
        Callers = callers;
        await _lab.Get<RunLine>().HoldAsync(Actors.Lab, Cancel); // runs of this table stay as they are
    }

    public ValueTask DisposeAsync()
    {
        foreach (var caller in Callers) caller.Client.Dispose();
        _lab.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The address of a route with an object of the caller's own, or of somebody else's, in place of its parameter.</summary>
    public async Task<string> AddressAsync(string route, Caller caller, bool own)
    {
        var owner = own && caller.Id is { } id ? id : Somebody;
        var key = route.Split('/').Skip(route.StartsWith("/api/v1", StringComparison.Ordinal) ? 3 : 1).First().ToLowerInvariant();
        var number = !route.Contains('{', StringComparison.Ordinal) ? "" : key switch
        {
            "datasets" => await DatasetAsync(owner),
            "runs" => Text((await _lab.Get<RunStore>().CreateAsync(Actors.User(owner), new NewRun("r", "{}", "m"), Cancel)).Id),
            "studies" => await StudyAsync(owner),
            "endpoints" => await EndpointAsync(),
            "uploads" => (await _lab.Get<UploadFolder>().BeginAsync(Actors.User(owner), "f.jsonl", 10, Cancel)).Id,
            _ => "1",
        };
        var row = route.Contains("{rowId", StringComparison.Ordinal)
            ? Text((await _lab.Get<DatasetStore>().PageAsync(int.Parse(number, CultureInfo.InvariantCulture), 0, 1, cancellationToken: Cancel)).Rows[0].Id) : "";
        return string.Join('/', route.Split('/').Select(part => part.StartsWith("{rowId", StringComparison.Ordinal) ? row
            : part.StartsWith("{documentName", StringComparison.Ordinal) ? "v1.json" : part.StartsWith('{') ? number : part));
    }

    private async Task<Caller> KeyAsync(string name, string scope, string? owner, string? id, char letter)
    {
        var issued = await _lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, name, [scope], owner, cancellationToken: Cancel);
        var client = _lab.CreateClient(new() { AllowAutoRedirect = false });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issued.Secret);
        return new(name, letter, client, id ?? $"key {Text(issued.Key.Id)}", true);
    }

    private async Task<string> DatasetAsync(string owner) => Text((await _lab.Get<DatasetStore>().CreateAsync(
        Actors.User(owner), new NewDataset("d", DatasetFormats.PromptResponse), [TestRows.Pair("1+1?", "2")], Cancel)).Id);

    // No server listens at this address.
    private async Task<string> EndpointAsync() => Text((await _lab.Get<EndpointStore>().AddAsync(
        Actors.Lab, new EndpointEdit($"endpoint {Guid.NewGuid()}", "http://0.0.0.0:1/v1", "m", AllowsPrivate: true, MostRequests: 1, KeyChange.Keep), Cancel)).Id);

    private async Task<string> StudyAsync(string owner)
    {
        var item = new NewStudyItem("1+1?", [new NewStudyResponse("m1", "2", "a"), new NewStudyResponse("m2", "3", "b")]);
        return Text((await _lab.Get<StudyStore>().CreateAsync(Actors.User(owner), new NewStudy("s") { Items = [item] }, Cancel)).Id);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
