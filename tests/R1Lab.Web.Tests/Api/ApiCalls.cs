using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Web.Tests.Api;

/// <summary>Calls as a client makes them: JSON in, status and JSON out.</summary>
internal static class ApiCalls
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(this HttpClient client, HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await client.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        return (response.StatusCode, text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!);
    }

    public static Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(this HttpClient client, string path, object body) =>
        client.SendAsync(HttpMethod.Post, path, Json(body));

    public static Task<(HttpStatusCode Status, JsonNode Body)> GetJsonAsync(this HttpClient client, string path) => client.SendAsync(HttpMethod.Get, path);

    /// <summary>The answer to a call that must succeed.</summary>
    public static async Task<JsonNode> AskAsync(this HttpClient client, string path, object body)
    {
        var (status, answer) = await client.PostAsync(path, body);
        Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Created, $"{status}: {answer.ToJsonString()}");
        return answer;
    }

    /// <summary>Status and named field of a call that must be refused in the OpenAI shape.</summary>
    public static async Task<(int Status, string? Field, string Code)> RefusedAsync(this HttpClient client, string path, object body)
    {
        var (status, answer) = await client.PostAsync(path, body);
        var error = answer["error"]!.AsObject();
        Assert.Equal(["message", "type", "param", "code"], error.Select(p => p.Key));
        return ((int)status, error["param"]?.GetValue<string>(), error["code"]!.GetValue<string>());
    }

    /// <summary>What stands after every <c>data:</c> of a stream, as it came.</summary>
    public static async Task<IReadOnlyList<string>> StreamAsync(this HttpClient client, string path, object body)
    {
        using var response = await client.PostAsync(path, Json(body), Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(e => e.StartsWith("data: ", StringComparison.Ordinal)).Select(e => e["data: ".Length..])];
    }

    /// <summary>The events of an OpenAI stream; the last line must be [DONE].</summary>
    public static async Task<IReadOnlyList<JsonNode>> ChunksAsync(this HttpClient client, string path, object body)
    {
        var events = await client.StreamAsync(path, body);
        Assert.Equal("[DONE]", events[^1]);
        return [.. events.SkipLast(1).Select(e => JsonNode.Parse(e)!)];
    }

    public static IReadOnlyList<int> Ids(this JsonNode? node) => [.. node!.AsArray().Select(id => id!.GetValue<int>())];

    public static string Str(this JsonNode? node) => node!.GetValue<string>();

    public static int Int(this JsonNode? node) => node!.GetValue<int>();

    public static StringContent Json(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
}
