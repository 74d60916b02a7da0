using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace R1Lab.Web.Serving.Remote;

/// <summary>Reads an answer's pieces: a stream of events, or one JSON object from a server that does not stream.</summary>
internal static class RemoteChunks
{
    /// <exception cref="EndpointException">It is neither, it reports an error, or it ends in the middle.</exception>
    public static IAsyncEnumerable<RemoteChunk> ReadAsync(BoundedBody body, string? key, CancellationToken cancellationToken) =>
        Checked(body, key, cancellationToken);

    private static async IAsyncEnumerable<RemoteChunk> Raw(BoundedBody body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Told by the first sign of the body: servers label both wrongly.
        switch (await body.PeekAsync(cancellationToken))
        {
            case null:
                throw new EndpointException("endpoint_empty", $"the answer is empty");
            case (byte)'{':
                yield return await WholeAsync(body, cancellationToken);
                yield return RemoteChunk.Done;
                yield break;
            case (byte)'<':
                throw new EndpointException("endpoint_web_page", $"the answer is a web page, not a chat completion; the address may be wrong");
        }

        body.ReadAsEvents();
        await foreach (var item in SseParser.Create(body, Event).EnumerateAsync(cancellationToken))
        {
            foreach (var chunk in item.Data) yield return chunk;
        }
    }

    private static async IAsyncEnumerable<RemoteChunk> Checked(BoundedBody body, string? key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (hasEnded, isDone, isChat) = (false, false, false);
        await using var each = Raw(body, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (!isDone && await NextAsync(each, hasEnded))
        {
            var chunk = each.Current;
            if (chunk.Error is { } error)
                throw new EndpointException("endpoint_reports", $"the endpoint reports an error: {RemoteError.In(error, key) ?? "…"}");
            isDone = chunk.IsDone;
            isChat |= chunk.HasChoice;
            if (chunk.FinishReason is not null && !hasEnded)
            {
                hasEnded = true;
                body.ExpectEnd();
            }

            yield return chunk;
        }

        if (!isChat) throw new EndpointException("endpoint_not_chat", $"the answer is no chat completion");
        if (!isDone && !hasEnded) throw BoundedBody.Cut(null);
    }

    // What is lost behind the reason why the answer ended is at most the count of its tokens.
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<RemoteChunk> chunks, bool hasEnded)
    {
        try
        {
            return await chunks.MoveNextAsync();
        }
        catch (EndpointException) when (hasEnded)
        {
            return false;
        }
    }

    // Some servers leave the blank line between two events out: then each line is one.
    private static IReadOnlyList<RemoteChunk> Event(string type, ReadOnlySpan<byte> data)
    {
        try
        {
            if (type == "error") return [Failure(data)];
            if (TryParse(data, out var only)) return [only];
            var chunks = new List<RemoteChunk>();
            foreach (var line in data.Split((byte)'\n')) chunks.Add(TryParse(data[line], out var one) ? one : throw new JsonException());
            return chunks;
        }
        catch (JsonException e)
        {
            throw new EndpointException("endpoint_broken_event", $"an event of the answer is not valid JSON", e);
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> data, [NotNullWhen(true)] out RemoteChunk? chunk)
    {
        var text = data.Trim(" \t\r\n"u8);
        chunk = text.IsEmpty ? new RemoteChunk("", "") : text.SequenceEqual("[DONE]"u8) ? RemoteChunk.Done : null;
        if (chunk is not null) return true;
        var reader = new Utf8JsonReader(text);
        try
        {
            using var json = JsonDocument.ParseValue(ref reader);
            reader.Read(); // throws where more follows
            chunk = RemoteChunk.Of(json.RootElement);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static RemoteChunk Failure(ReadOnlySpan<byte> data)
    {
        JsonElement said;
        try
        {
            said = JsonSerializer.Deserialize<JsonElement>(data);
        }
        catch (JsonException)
        {
            said = JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(data)); // plain text
        }

        return new RemoteChunk("", "") { Error = said };
    }

    private static async Task<RemoteChunk> WholeAsync(BoundedBody body, CancellationToken cancellationToken)
    {
        try
        {
            using var json = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return RemoteChunk.Of(json.RootElement);
        }
        catch (JsonException e)
        {
            throw BoundedBody.Cut(e);
        }
    }
}
