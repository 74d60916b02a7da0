using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using R1Lab.Data.Models;
using R1Lab.Web.Options;

namespace R1Lab.Web.Serving.Remote;

/// <summary>The models behind the endpoints that administrators listed.</summary>
public sealed class RemoteEngines(EndpointStore endpoints, EndpointKeys keys, OutboundHttp http, IOptions<LabOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<int, EndpointGate> _gates = new();

    /// <summary>The engine with this name; null when no endpoint has it. Nothing is sent yet.</summary>
    /// <exception cref="EndpointException">Its key cannot be decrypted.</exception>
    public async Task<ITextEngine?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        if (await endpoints.FindAsync(name, cancellationToken) is not { } endpoint) return null;
        return new RemoteEngine(endpoint, keys.Unprotect(endpoint.ProtectedKey), GateOf(endpoint), http, time);
    }

    /// <summary>All of them by name, for lists of models.</summary>
    public async Task<IReadOnlyList<RemoteModel>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await endpoints.ListAsync(cancellationToken)).Select(RemoteModel.Of)];

    private EndpointGate GateOf(RemoteEndpoint endpoint) => _gates.AddOrUpdate(
        endpoint.Id,
        _ => New(endpoint),
        (_, present) => present.MostAtOnce == endpoint.MostRequests ? present : New(endpoint));

    private EndpointGate New(RemoteEndpoint endpoint) => new(endpoint.MostRequests, options.Value.Serving.MostWaiting);
}

/// <summary>A model behind an endpoint, for lists.</summary>
/// <param name="Name">What it is asked for by.</param>
/// <param name="Model">What the endpoint calls it.</param>
/// <param name="Host">Where it is.</param>
/// <param name="MaxLength">Most tokens of prompt and answer together; null where it is unknown.</param>
/// <param name="Fault">The code of what the last check found wrong; null: nothing, or it was not checked.</param>
/// <param name="CreatedAt">When it was added.</param>
public sealed record RemoteModel(string Name, string Model, string Host, int? MaxLength, string? Fault, DateTimeOffset CreatedAt)
{
    internal static RemoteModel Of(RemoteEndpoint endpoint) =>
        new(endpoint.Name, endpoint.Model, new Uri(endpoint.Address).Authority, endpoint.MaxLength, endpoint.CheckFault, endpoint.CreatedAt);
}
