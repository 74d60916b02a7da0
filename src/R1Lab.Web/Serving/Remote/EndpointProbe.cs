using System.Text.Json;
using R1Lab.Data.Models;
using R1Lab.Engine;

namespace R1Lab.Web.Serving.Remote;

/// <summary>Asks an endpoint for the list of its models.</summary>
public sealed class EndpointProbe(OutboundHttp http)
{
    private const int MostBytes = 4 << 20;
    private const int MostNamed = 5;

    /// <summary>What is wrong, or null; and the most tokens of prompt and answer together where the endpoint says so.</summary>
    /// <exception cref="EndpointException">It is not reached, or gives no list.</exception>
    public async Task<(Fault? Fault, int? MaxLength)> AskAsync(RemoteEndpoint endpoint, string? key, CancellationToken cancellationToken)
    {
        await using var answer = await http.SendAsync(EndpointAddresses.Models(endpoint, key), cancellationToken);
        var body = await answer.Body.ReadStartAsync(MostBytes, cancellationToken);
        if (answer.Status is 404 or 405 or 501) return (Fault.Of("endpoint_no_list", $"it answers but has no list of models; send it a question to be sure"), null);
        if (!answer.IsSuccess) throw EndpointRefusal.Of(answer, endpoint.Model, RemoteError.In(body, key));
        try
        {
            using var json = JsonDocument.Parse(body);
            return Find(json.RootElement, endpoint.Model);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new EndpointException("endpoint_bad_list", $"what it gives as the list of its models is none; the address may be wrong", e);
        }
    }

    // {"data":[{"id":"a","max_model_len":4096}]}, and a bare list as some public APIs give it.
    private static (Fault? Fault, int? MaxLength) Find(JsonElement root, string model)
    {
        var list = root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("data");
        var all = list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object).ToList();
        if (all.Find(one => Id(one) == model) is { ValueKind: JsonValueKind.Object } found) return (null, Length(found));
        var known = string.Join(", ", all.Select(Id).OfType<string>().Take(MostNamed).Select(id => id.Length <= 80 ? id : id[..80])) + (all.Count > MostNamed ? ", …" : "");
        return (Fault.Of("endpoint_no_such_model", $"it works but does not list the model {model}; it lists: {known}"), null);
    }

    private static string? Id(JsonElement one) => one.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;

    private static int? Length(JsonElement one)
    {
        foreach (var name in (string[])["max_model_len", "context_length", "context_window", "max_context_length"])
        {
            if (one.TryGetProperty(name, out var length) && length.ValueKind == JsonValueKind.Number && length.TryGetInt32(out var tokens) && tokens > 0) return tokens;
        }

        return null;
    }
}
