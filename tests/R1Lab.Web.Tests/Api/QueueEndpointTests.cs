using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Api;

public sealed class QueueEndpointTests : IAsyncLifetime
{
    private const string Queue = "/api/v1/runs/queue";

    private readonly LabHost _lab = new();
    private readonly HttpClient _admin;
    private Dataset _dataset = null!;

    public QueueEndpointTests() => _admin = _lab.ApiClient();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _dataset = await TinyRuns.AddGoldenDatasetAsync(_lab.Get<DatasetStore>());

    public ValueTask DisposeAsync()
    {
        _admin.Dispose();
        return _lab.DisposeAsync();
    }

    [Fact]
    public async Task Move_HeldQueue_RunsAreTakenInTheNewOrderOnceItGoesOn()
    {
        await SwitchAsync(new { held = true });
        var ids = new List<int>();
        foreach (var name in new[] { "a", "b", "c" }) ids.Add(await TinyRuns.StartAsync(_admin, TinyRuns.Recipe(("name", name))));

        var moved = await PostAsync(_admin, $"/api/v1/runs/{ids[2]}/move", new { before = ids[0] });
        await PostAsync(_admin, $"/api/v1/runs/{ids[0]}/move", new { before = (int?)null });
        var held = await TinyRuns.GetAsync(_admin, Queue);
        await SwitchAsync(new { held = false });
        var started = new List<(string Name, DateTimeOffset At)>();
        foreach (var id in ids)
        {
            var state = await TinyRuns.WaitForAsync(_admin, id, "finished", "failed");
            started.Add((state["name"].Str(), state["started_at"]!.GetValue<DateTimeOffset>()));
        }

        Assert.Equal(HttpStatusCode.OK, moved.Status);
        Assert.Equal(["c", "a", "b"], Names(moved.Body));
        Assert.Equal((true, "bootstrap"), (held["held"]!.GetValue<bool>(), held["hold"]!["by"].Str()));
        Assert.Equal(["c", "b", "a"], Names(held));
        Assert.All(held["waiting"]!.AsArray(), run => Assert.True(run!["remaining_seconds"]!.GetValue<double>() > 0));
        Assert.Equal(["c", "b", "a"], started.OrderBy(run => run.At).Select(run => run.Name));
    }

    [Fact]
    public async Task GoOn_AnotherDatasetIsNamedLikeTheNumberOfTheRunsOwn_TrainsTheRowsItWasPutInLineWith()
    {
        var straight = await TinyRuns.WaitForAsync(_admin, await TinyRuns.StartAsync(_admin, TinyRuns.Recipe()), "finished", "failed");
        await SwitchAsync(new { held = true });
        var id = await TinyRuns.StartAsync(_admin, TinyRuns.Recipe(("name", "second")));
        await _lab.Get<DatasetStore>().CreateAsync(
            Actors.Lab, new NewDataset($"{_dataset.Id}", DatasetFormats.InputIds), [TestRows.Ids("[5,6,7]", "[5,6,7]")], cancellationToken: Cancel);

        await SwitchAsync(new { held = false });
        var state = await TinyRuns.WaitForAsync(_admin, id, "finished", "failed");

        Assert.Equal(("finished", "finished"), (straight["status"].Str(), state["status"].Str()));
        Assert.Equal(straight["dataset_hash"].Str(), state["dataset_hash"].Str());
    }

    [Fact]
    public async Task Move_WithoutBeforeOrToARunThatIsNotThere_IsRefused()
    {
        await SwitchAsync(new { held = true });
        var id = await TinyRuns.StartAsync(_admin, TinyRuns.Recipe());

        var missing = await PostAsync(_admin, $"/api/v1/runs/{id}/move", new { });
        var nowhere = await PostAsync(_admin, $"/api/v1/runs/{id}/move", new { before = 99 });
        var unknown = await PostAsync(_admin, "/api/v1/runs/99/move", new { before = (int?)null });

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.Conflict, HttpStatusCode.NotFound], new[] { missing.Status, nowhere.Status, unknown.Status });
        Assert.Equal("before", missing.Body["error"]!["param"].Str());
    }

    [Fact]
    public async Task Change_SomebodyElsesRun_IsForbiddenToTrainersAndViewersButNotToOwnerAndAdmin()
    {
        await SwitchAsync(new { held = true });
        using var li = await ClientAsync("li", LabRoles.Trainer, ApiScopes.Write);
        using var wang = await ClientAsync("wang", LabRoles.Trainer, ApiScopes.Write);
        using var eve = await ClientAsync("eve", LabRoles.Viewer, ApiScopes.Read);
        var id = await TinyRuns.StartAsync(li, TinyRuns.Recipe());

        var forbidden = new List<(HttpStatusCode, JsonNode)>();
        foreach (var client in new[] { wang, eve })
        {
            forbidden.Add(await PostAsync(client, $"/api/v1/runs/{id}/stop", new { }));
            forbidden.Add(await PostAsync(client, $"/api/v1/runs/{id}/resume", new { }));
            forbidden.Add(await PostAsync(client, $"/api/v1/runs/{id}/move", new { before = (int?)null }));
        }

        forbidden.Add(await PostAsync(eve, $"/api/v1/runs/{id}/again", new { }));
        var seen = await TinyRuns.GetAsync(eve, Queue);
        HttpStatusCode[] allowed = [(await PostAsync(li, $"/api/v1/runs/{id}/stop", new { })).Status, (await PostAsync(_admin, $"/api/v1/runs/{id}/resume", new { })).Status];

        Assert.All(forbidden, answer => Assert.Equal((HttpStatusCode.Forbidden, "permission_denied"), (answer.Item1, answer.Item2["error"]!["code"].Str())));
        Assert.Contains("belongs to li", forbidden[0].Item2["error"]!["message"].Str(), StringComparison.Ordinal);
        Assert.False(seen["waiting"]![0]!["may_change"]!.GetValue<bool>());
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], allowed);
    }

    [Fact]
    public async Task ContinueOnError_Off_HoldsTheQueueAfterAFailedRunUntilSomebodySaysGoOn()
    {
        await SwitchAsync(new { held = true, continue_on_error = false });
        var doomed = await TinyRuns.StartAsync(_admin, TinyRuns.Recipe(("name", "doomed")));
        var other = await _lab.Get<DatasetStore>().CreateAsync(Actors.Lab, new NewDataset("other", DatasetFormats.InputIds), [TestRows.Ids("[1,2,3]", "[1,2,3]")], Cancel);
        var next = await TinyRuns.StartAsync(_admin, TinyRuns.Recipe(("name", "next"), ("dataset", other.Id.ToString()), ("val_size", 0), ("max_steps", 2)));
        await _lab.Get<DatasetStore>().DeleteAsync(Actors.Lab, _dataset.Id, Cancel);

        await SwitchAsync(new { held = false });
        await TinyRuns.WaitForAsync(_admin, doomed, "failed");
        var held = await WaitForHoldAsync();
        await SwitchAsync(new { held = false });
        var state = await TinyRuns.WaitForAsync(_admin, next, "finished", "failed");

        Assert.Equal((doomed, false), (held["hold"]!["after_run"].Int(), held["continue_on_error"]!.GetValue<bool>()));
        Assert.Equal(["next"], Names(held));
        Assert.Equal("finished", state["status"].Str());
    }

    [Fact]
    public async Task Switch_ByAViewer_IsForbidden()
    {
        using var eve = await ClientAsync("eve", LabRoles.Viewer, ApiScopes.Read);

        using var answer = await eve.PutAsJsonAsync(Queue, new { held = true }, Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Again_SameRows_RepeatsTheFirstTenLossesExactly()
    {
        var first = await TinyRuns.StartAsync(_admin, TinyRuns.Recipe(("max_steps", 12), ("lora", new JsonObject { ["r"] = 4, ["lora_alpha"] = 8, ["lora_dropout"] = 0.1 })));
        var before = await TinyRuns.WaitForAsync(_admin, first, "finished", "failed");

        var (status, created) = await PostAsync(_admin, $"/api/v1/runs/{first}/again", new { });
        var after = await TinyRuns.WaitForAsync(_admin, created["id"].Int(), "finished", "failed");

        Assert.Equal((HttpStatusCode.Created, "tiny-again"), (status, created["name"].Str()));
        Assert.Equal(before["dataset_hash"].Str(), after["dataset_hash"].Str());
        var (expected, actual) = (await LossesAsync(first), await LossesAsync(created["id"].Int()));
        Assert.Equal(12, expected.Count);
        Assert.Equal(expected.Take(10), actual.Take(10));
    }

    [Fact]
    public async Task Again_ChangedRows_IsRefusedWithTheVersions()
    {
        var first = await TinyRuns.StartAsync(_admin, TinyRuns.Recipe());
        await TinyRuns.WaitForAsync(_admin, first, "finished", "failed");
        await _lab.Get<DatasetStore>().AddRowAsync(Actors.Lab, _dataset.Id, TestRows.Ids("[5,6,7]", "[5,6,7]"), cancellationToken: Cancel);

        var (status, answer) = await PostAsync(_admin, $"/api/v1/runs/{first}/again", new { });

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "dataset", "repeat_data_changed"), (status, answer["error"]!["param"].Str(), answer["error"]!["code"].Str()));
        Assert.Contains("it was version 1 and is version 2 now", answer["error"]!["message"].Str(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Again_RunThatNeverBegan_IsRefused()
    {
        await SwitchAsync(new { held = true });
        var first = await TinyRuns.StartAsync(_admin, TinyRuns.Recipe());

        var (status, answer) = await PostAsync(_admin, $"/api/v1/runs/{first}/again", new { });

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "repeat_unknown_data"), (status, answer["error"]!["code"].Str()));
    }

    private static IEnumerable<string> Names(JsonNode queue) => queue["waiting"]!.AsArray().Select(run => run!["name"].Str());

    private static async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body, Cancel);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!);
    }

    private async Task SwitchAsync(object switches)
    {
        using var answer = await _admin.PutAsJsonAsync(Queue, switches, Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<JsonNode> WaitForHoldAsync()
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(2); DateTime.UtcNow < deadline; await Task.Delay(50, Cancel))
        {
            var queue = await TinyRuns.GetAsync(_admin, Queue);
            if (queue["held"]!.GetValue<bool>()) return queue;
        }

        throw new TimeoutException("The queue was not held.");
    }

    private async Task<IReadOnlyList<double>> LossesAsync(int run) => TinyRuns.Losses(await TinyRuns.GetAsync(_admin, $"/api/v1/runs/{run}/metrics"));

    private async Task<HttpClient> ClientAsync(string name, string role, string scope)
    {
        var created = await _lab.Get<UserAccounts>().CreateAsync(Actors.Lab, name, role, Visitors.Password);
        Assert.True(created.Succeeded);
        var key = await _lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, name, [scope], (await _lab.UserAsync(name)).Id, cancellationToken: Cancel);
        var client = _lab.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Secret);
        return client;
    }
}
