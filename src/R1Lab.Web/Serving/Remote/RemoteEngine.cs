using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using R1Lab.Data.Models;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Serving.Remote;

/// <summary>A model behind an endpoint that speaks OpenAI's chat completions: vLLM, SGLang, TGI, llama.cpp, a public API, another lab.</summary>
/// <remarks>
/// It speaks the wire format itself: the client of Microsoft.Extensions.AI.OpenAI takes a stream that ends early for a finished answer, does not
/// read errors inside a stream or answers of servers that do not stream, and bounds neither events nor waits.
/// </remarks>
internal sealed class RemoteEngine(RemoteEndpoint endpoint, string? key, EndpointGate gate, OutboundHttp http, TimeProvider time) : ITextEngine
{
    private const int MostRefusalBytes = 64 << 10;
    private const int MostAdaptations = 3;

    private readonly ConcurrentQueue<EndpointGate.Place> _places = [];
    private int _disposed;

    public EngineFacts Facts { get; } = new(endpoint.Name, null, ThoughtMarks.InText, new GenerationDefaults(new EndTokens(null, null, null), null, null, true, 1, 1, 0, null));

    public void Reserve(int requests, string field)
    {
        if (requests > gate.MostWaiting)
            throw new AskRefusedException(field, "ask_too_many", $"{field} asks for {requests} answers; one request may ask for {gate.MostWaiting}.");
        foreach (var place in Take(requests)) _places.Enqueue(place);
    }

    public async IAsyncEnumerable<EngineStep> GenerateAsync(EngineRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RefuseUnknown(request);
        using var place = _places.TryDequeue(out var reserved) ? reserved : Take(1)[0];
        await place.EnterAsync(cancellationToken);
        var started = time.GetTimestamp();
        var body = new ChatRequestBody(endpoint.Model, request.Messages, request.Settings);
        await using var answer = await AskAsync(body, cancellationToken);
        var sum = new RemoteChunk("", "");
        await foreach (var chunk in RemoteChunks.ReadAsync(answer.Body, key, cancellationToken))
        {
            sum = Sum(sum, chunk);
            if (chunk.Text.Length > 0 || chunk.Thought.Length > 0) yield return new EngineStep(chunk.Text) { Thought = chunk.Thought };
        }

        yield return new EngineStep("")
        {
            End = new EngineEnd(Reason(sum.FinishReason), sum.PromptTokens, sum.Tokens, time.GetElapsedTime(started)) { Reported = Reported(sum, answer, body) },
        };
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        while (_places.TryDequeue(out var unused)) unused.Dispose();
    }

    private static void RefuseUnknown(EngineRequest request)
    {
        if (request.Messages.Count == 0) throw new AskRefusedException("prompt", "endpoint_takes_messages", $"a remote endpoint takes messages, not a finished prompt");
        var settings = request.Settings;
        (string Field, bool IsUsed)[] local =
        [
            ("logprobs", settings.Logprobs is not null), ("echo", settings.Echo), ("ignore_eos", settings.IgnoreEos), ("typical_p", settings.TypicalP != 1),
            ("no_repeat_ngram_size", settings.NoRepeatNgramSize != 0), ("stop_token_ids", settings.StopTokenIds.Count > 0),
        ];
        if (Array.Find(local, setting => setting.IsUsed).Field is { } field)
            throw new AskRefusedException(field, "endpoint_setting_unknown", $"{field} cannot be used with a remote endpoint");
    }

    private async Task<OutboundAnswer> AskAsync(ChatRequestBody body, CancellationToken cancellationToken)
    {
        for (var adapted = 0; ; adapted++)
        {
            var request = EndpointAddresses.Chat(endpoint, key, body.ToUtf8());
            var answer = await http.SendAsync(request, cancellationToken);
            if (answer.IsSuccess) return answer;
            await using (answer)
            {
                var refusal = await answer.Body.ReadStartAsync(MostRefusalBytes, cancellationToken);
                var mayAdapt = answer.Status is 400 or 422 && adapted < MostAdaptations;
                if (!mayAdapt || !body.TryAdapt(System.Text.Encoding.UTF8.GetString(refusal))) throw EndpointRefusal.Of(answer, endpoint.Model, RemoteError.In(refusal, key));
            }
        }
    }

    private IReadOnlyList<EndpointGate.Place> Take(int requests) =>
        gate.TryReserve(requests) ?? throw new ModelBusyException($"{gate.Waiting} requests wait for the endpoint '{endpoint.Name}' already.");

    private static RemoteChunk Sum(RemoteChunk sum, RemoteChunk chunk) => sum with
    {
        FinishReason = chunk.FinishReason ?? sum.FinishReason,
        PromptTokens = chunk.PromptTokens ?? sum.PromptTokens,
        Tokens = chunk.Tokens ?? sum.Tokens,
        Model = chunk.Model ?? sum.Model,
        Fingerprint = chunk.Fingerprint ?? sum.Fingerprint,
    };

    private static FinishReason Reason(string? word) => word switch
    {
        "length" or "max_tokens" or "model_length" => FinishReason.Length,
        "content_filter" or "sensitive" => throw new EndpointException("endpoint_filtered", $"the endpoint's own filter ended the answer"),
        "abort" or "error" or "cancelled" or "insufficient_system_resource" => throw new EndpointException("endpoint_gave_up", $"the endpoint gave the answer up ({word})"),
        _ => FinishReason.Stop,
    };

    private string Reported(RemoteChunk sum, OutboundAnswer answer, ChatRequestBody body)
    {
        var version = sum.Fingerprint ?? answer.Server;
        var dropped = body.Dropped.Count > 0 ? $"not taken: {string.Join(", ", body.Dropped)}" : null;
        return string.Join("; ", new[] { sum.Model ?? endpoint.Model, version, dropped }.OfType<string>().Select(part => part.Length <= RemoteError.Longest ? part : part[..RemoteError.Longest]));
    }
}
