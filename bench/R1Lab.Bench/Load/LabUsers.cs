using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace R1Lab.Bench.Load;

/// <summary>
/// What the people of a lab do at the same time, over HTTP: chat (and leave half-way), edit datasets, upload, rate, train, read,
/// send invalid requests. Each activity is one round; the load repeats it until its time ends.
/// </summary>
internal sealed class LabUsers(HttpClient client, RequestTally tally, string samples)
{
    private const string DemoFile = "two-step-problems.jsonl";
    private const int DemoRows = 120;
    private const int PieceBytes = 64 * 1024;

    private string? _rows;
    private int _count;

    /// <summary>Every activity with the pause between two of its rounds.</summary>
    public IReadOnlyList<(string Name, TimeSpan Pause, Func<CancellationToken, Task> Round)> Activities =>
    [
        ("chat", TimeSpan.FromMilliseconds(300), ChatAsync),
        ("chat and leave", TimeSpan.FromMilliseconds(700), LeaveAsync),
        ("complete", TimeSpan.FromMilliseconds(500), CompleteAsync),
        ("datasets", TimeSpan.FromMilliseconds(500), EditDatasetAsync),
        ("uploads", TimeSpan.FromSeconds(1), UploadAsync),
        ("ratings", TimeSpan.FromSeconds(1), RateAsync),
        ("runs", TimeSpan.FromSeconds(5), TrainAsync),
        ("reading", TimeSpan.FromMilliseconds(300), ReadAsync),
        ("invalid requests", TimeSpan.FromMilliseconds(500), SendInvalidAsync),
    ];

    private string Rows => _rows ??= string.Join('\n', File.ReadLines(Path.Combine(samples, "datasets", DemoFile)).Take(DemoRows));

    /// <summary>Imports the dataset that the runs learn.</summary>
    public Task PrepareAsync(CancellationToken cancellationToken) =>
        PostAsync("import", "api/v1/datasets?name=demo", Text(Rows), cancellationToken);

    private Task ChatAsync(CancellationToken cancellationToken) =>
        PostAsync("chat", "v1/chat/completions", Json(RequestBodies.Chat(Next(), stream: false)), cancellationToken);

    private async Task LeaveAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions");
        request.Content = Json(RequestBodies.Chat(Next(), stream: true));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            tally.Fail($"chat stream: {(int)answer.StatusCode}");
            return;
        }

        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new StreamReader(body);
        for (var lines = 0; lines < 6 && await reader.ReadLineAsync(cancellationToken) is not null; lines++)
        {
        }
    }

    private async Task CompleteAsync(CancellationToken cancellationToken)
    {
        var text = new JsonObject { ["model"] = RequestBodies.Model, ["prompt"] = "47+38等于多少？" };
        await PostAsync("tokenize", "tokenize", Json(text), cancellationToken);
        var body = new JsonObject { ["model"] = RequestBodies.Model, ["prompt"] = "12+30=", ["max_tokens"] = 24, ["logprobs"] = 2 };
        await PostAsync("complete", "v1/completions", Json(body), cancellationToken);
    }

    private async Task EditDatasetAsync(CancellationToken cancellationToken)
    {
        if (await PostAsync("import", $"api/v1/datasets?name=edited-{Next()}", Text(Rows), cancellationToken) is not { } created) return;
        var id = Number(created, "id");
        if (await GetAsync("rows", $"api/v1/datasets/{id}/rows?offset=10&limit=20&q=2", cancellationToken) is not { } page) return;
        if (JsonNode.Parse(page)!["rows"]!.AsArray() is [{ } row, ..])
        {
            var body = Json(new JsonObject { ["prompt"] = "1+1=", ["response"] = "<think>\n1+1=2\n</think>\n\n2" });
            await SendAsync("edit row", HttpMethod.Put, $"api/v1/datasets/{id}/rows/{row["id"]!.GetValue<int>()}", body, cancellationToken);
            await PostAsync("undo", $"api/v1/datasets/{id}/undo", null, cancellationToken);
        }

        await GetAsync("export", $"api/v1/datasets/{id}/export", cancellationToken);
        await SendAsync("delete dataset", HttpMethod.Delete, $"api/v1/datasets/{id}", null, cancellationToken);
    }

    private async Task UploadAsync(CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(Rows);
        var announced = Json(new JsonObject { ["file_name"] = "rows.jsonl", ["length"] = bytes.Length });
        if (await PostAsync("announce upload", "api/v1/uploads", announced, cancellationToken) is not { } begun) return;
        var id = JsonNode.Parse(begun)!["id"]!.GetValue<string>();
        for (var offset = 0; offset < bytes.Length; offset += PieceBytes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"api/v1/uploads/{id}");
            request.Headers.Add("Upload-Offset", offset.ToString());
            request.Content = new ByteArrayContent(bytes, offset, Math.Min(PieceBytes, bytes.Length - offset));
            await tally.SendAsync("upload piece", client, request, cancellationToken);
        }

        if (Next() % 2 == 0)
        {
            await SendAsync("forget upload", HttpMethod.Delete, $"api/v1/uploads/{id}", null, cancellationToken);
            return;
        }

        if (await PostAsync("import upload", $"api/v1/uploads/{id}/dataset?name=uploaded-{Next()}", null, cancellationToken) is { } created)
            await SendAsync("delete dataset", HttpMethod.Delete, $"api/v1/datasets/{Number(created, "id")}", null, cancellationToken);
    }

    private async Task RateAsync(CancellationToken cancellationToken)
    {
        var body = Json(RequestBodies.Study(Next()));
        if (await PostAsync("create study", "api/v1/studies", body, cancellationToken) is not { } created) return;
        var study = Number(created, "id");
        while (await PostAsync("next rating", $"api/v1/studies/{study}/next", null, cancellationToken) is { } next
            && JsonNode.Parse(next)!["assignment"] is { } task)
            await PostAsync("submit rating", "api/v1/ratings", Json(RequestBodies.Scores(task)), cancellationToken);
        await GetAsync("study results", $"api/v1/studies/{study}/results", cancellationToken);
        await GetAsync("study export", $"api/v1/studies/{study}/export?format=csv", cancellationToken);
        await PostAsync("close study", $"api/v1/studies/{study}/close", null, cancellationToken);
    }

    private async Task TrainAsync(CancellationToken cancellationToken)
    {
        if (await PostAsync("start run", "api/v1/runs", Json(RequestBodies.Recipe(Next())), cancellationToken) is not { } created) return;
        var run = Number(created, "id");
        if (run % 3 == 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
            using var stop = new HttpRequestMessage(HttpMethod.Post, $"api/v1/runs/{run}/stop");
            await tally.SendAsync("stop run", client, stop, cancellationToken, HttpStatusCode.OK, HttpStatusCode.Conflict);
        }

        while (await GetAsync("run state", $"api/v1/runs/{run}", cancellationToken) is { } state)
        {
            var status = JsonNode.Parse(state)!["status"]!.GetValue<string>();
            if (status == "failed") tally.Fail($"run {run} failed: {state[..Math.Min(state.Length, 300)]}");
            if (status is "finished" or "stopped" or "interrupted" or "failed") break;
            await Task.Delay(500, cancellationToken);
        }

        await GetAsync("run metrics", $"api/v1/runs/{run}/metrics", cancellationToken);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        foreach (var path in (string[])["api/v1/datasets", "api/v1/runs", "v1/models", "api/v1/studies", "health/ready", "openapi/v1.json"])
            await GetAsync(path, path, cancellationToken);
    }

    private async Task SendInvalidAsync(CancellationToken cancellationToken)
    {
        const string toNoModel = """{"model": "none", "messages": [{"role": "user", "content": "x"}]}""";
        var badRows = $"api/v1/datasets?name=bad-{Next()}";
        await ExpectAsync(HttpStatusCode.BadRequest, "v1/chat/completions", Json("""{"model": "x", """), cancellationToken);
        await ExpectAsync(HttpStatusCode.NotFound, "v1/chat/completions", Json(toNoModel), cancellationToken);
        await ExpectAsync(HttpStatusCode.UnprocessableEntity, badRows, Text("""{"prompt": 1}"""), cancellationToken);
        await ExpectAsync(HttpStatusCode.UnprocessableEntity, "api/v1/runs", Json("""{"model": "none"}"""), cancellationToken);
    }

    private async Task ExpectAsync(HttpStatusCode status, string path, HttpContent body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body };
        await tally.SendAsync($"refused with {(int)status}", client, request, cancellationToken, status);
    }

    private Task<string?> PostAsync(string kind, string path, HttpContent? body, CancellationToken cancellationToken) =>
        SendAsync(kind, HttpMethod.Post, path, body, cancellationToken);

    private Task<string?> GetAsync(string kind, string path, CancellationToken cancellationToken) =>
        SendAsync(kind, HttpMethod.Get, path, null, cancellationToken);

    private async Task<string?> SendAsync(
        string kind, HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        return await tally.SendAsync(kind, client, request, cancellationToken);
    }

    private int Next() => Interlocked.Increment(ref _count);

    private static int Number(string json, string field) => JsonNode.Parse(json)![field]!.GetValue<int>();

    private static JsonContent Json(JsonNode body) => JsonContent.Create(body);

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static StringContent Text(string body) => new(body);
}
