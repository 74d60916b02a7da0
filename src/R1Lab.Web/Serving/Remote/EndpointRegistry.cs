using System.Text.Json;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Engine;

namespace R1Lab.Web.Serving.Remote;

/// <summary>Adds, changes and checks endpoints for administrators.</summary>
public sealed class EndpointRegistry(EndpointStore endpoints, EndpointKeys keys, EndpointProbe probe)
{
    /// <summary>Everything wrong with the settings of a new endpoint, or of the one that is to become so.</summary>
    public static IReadOnlyList<Problem> Problems(EndpointSettings settings, RemoteEndpoint? present)
    {
        var problems = settings.Problems(present?.ProtectedKey is not null).ToList();
        if (problems.Count == 0 && present?.WouldSendKeyElsewhere(Edit(settings, _ => "")) == true)
            problems.Add(new Problem("endpoint_key_elsewhere", "key", ProblemSeverity.Error, "The stored key belongs to the server at the present address. Give the key for the new server, or remove it."));
        return problems;
    }

    /// <param name="actor">An administrator.</param>
    /// <param name="settings">Settings without problems.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="RecordConflictException">The name is taken.</exception>
    public Task<RemoteEndpoint> AddAsync(Actor actor, EndpointSettings settings, CancellationToken cancellationToken) =>
        endpoints.AddAsync(actor, Edit(settings, keys.Protect), cancellationToken);

    /// <inheritdoc cref="EndpointStore.UpdateAsync"/>
    public Task<RemoteEndpoint> UpdateAsync(Actor actor, int id, int version, EndpointSettings settings, CancellationToken cancellationToken) =>
        endpoints.UpdateAsync(actor, id, version, Edit(settings, keys.Protect), cancellationToken);

    /// <summary>Asks an endpoint what it serves and stores what came; null when it does not exist.</summary>
    public async Task<RemoteEndpoint?> CheckAsync(Actor actor, int id, CancellationToken cancellationToken)
    {
        actor.Demand(LabRight.Administer);
        if (await endpoints.GetAsync(id, cancellationToken) is not { } endpoint) return null;
        await endpoints.RecordCheckAsync(actor, id, endpoint.Version, await FindAsync(endpoint, cancellationToken), cancellationToken);
        return await endpoints.GetAsync(id, cancellationToken);
    }

    /// <summary>What was wrong at the last check; null: nothing, or it was not checked.</summary>
    public static Fault? FaultOf(RemoteEndpoint endpoint) => endpoint.CheckFault is not { } code ? null
        : new Fault(code, code, JsonSerializer.Deserialize<string[]>(endpoint.CheckArguments ?? "[]")!);

    private async Task<EndpointCheck> FindAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            var (fault, maxLength) = await probe.AskAsync(endpoint, keys.Unprotect(endpoint.ProtectedKey), cancellationToken);
            return new EndpointCheck(fault?.Code, Arguments(fault), maxLength);
        }
        catch (EndpointException e) when (e.Fault is { } fault)
        {
            return new EndpointCheck(fault.Code, Arguments(fault), null);
        }
    }

    private static string? Arguments(Fault? fault) => fault is null ? null
        : JsonSerializer.Serialize(fault.Arguments.Select(argument => Convert.ToString(argument, System.Globalization.CultureInfo.InvariantCulture)));

    private static EndpointEdit Edit(EndpointSettings settings, Func<string, string> protect)
    {
        if (!settings.TryReadAddress(out var address)) throw new ArgumentException("The settings have problems.", nameof(settings));
        var key = settings switch
        {
            { Key.Length: > 0 } => KeyChange.Replace(protect(settings.Key)),
            { RemovesKey: true } => KeyChange.Remove,
            _ => KeyChange.Keep,
        };
        return new EndpointEdit(settings.Name.Trim(), address.AbsoluteUri.TrimEnd('/'), settings.Model.Trim(), settings.AllowsPrivate, settings.MostRequests, key);
    }
}
