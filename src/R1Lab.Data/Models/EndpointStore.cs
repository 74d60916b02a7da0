using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Models;

/// <summary>The remote endpoints that administrators listed. A key is stored and given out encrypted only.</summary>
public sealed class EndpointStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <exception cref="RecordConflictException">A model or another endpoint has the name.</exception>
    public Task<RemoteEndpoint> AddAsync(Actor actor, EndpointEdit wanted, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                await ModelNames.RefuseTakenAsync(context, wanted.Name, token);
                var endpoint = new RemoteEndpoint
                {
                    Name = wanted.Name,
                    Address = wanted.Address,
                    Model = wanted.Model,
                    OwnerId = actor.Id,
                    OwnerName = actor.Name,
                    CreatedAt = time.Now(),
                };
                Apply(endpoint, wanted);
                context.Add(endpoint);
                context.Audit(actor, time.Now(), AuditActions.EndpointAdd, $"endpoint {endpoint.Name}", Detail(endpoint, wanted.Key));
                await context.SaveChangesAsync(token);
                return endpoint;
            },
            cancellationToken);

    /// <summary>Changes an endpoint and forgets its last check. An edit that changes nothing writes nothing.</summary>
    /// <param name="actor">An administrator.</param>
    /// <param name="id">The endpoint.</param>
    /// <param name="version">As the caller saw it.</param>
    /// <param name="wanted">What it shall be.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="RecordNotFoundException">It was deleted.</exception>
    /// <exception cref="RecordConflictException">It was changed since, the name is taken, or its key would go to another server.</exception>
    public Task<RemoteEndpoint> UpdateAsync(Actor actor, int id, int version, EndpointEdit wanted, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                var endpoint = await context.RemoteEndpoints.FirstOrDefaultAsync(one => one.Id == id, token) ?? throw new RecordNotFoundException("endpoint", id);
                if (endpoint.Version != version) throw new RecordConflictException($"The endpoint \"{endpoint.Name}\" was changed by another administrator in the meantime.");
                if (!Differs(endpoint, wanted)) return endpoint;
                if (endpoint.WouldSendKeyElsewhere(wanted)) throw new RecordConflictException("The stored key belongs to another server: replace or remove it.");
                if (endpoint.Name != wanted.Name) await ModelNames.RefuseTakenAsync(context, wanted.Name, token);
                context.Audit(actor, time.Now(), AuditActions.EndpointChange, Subject(endpoint), Detail(endpoint, wanted));
                Apply(endpoint, wanted);
                await context.SaveChangesAsync(token);
                return endpoint;
            },
            cancellationToken);

    /// <summary>False when it was not there.</summary>
    public Task<bool> RemoveAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                if (await context.RemoteEndpoints.FirstOrDefaultAsync(one => one.Id == id, token) is not { } endpoint) return false;
                context.Audit(actor, time.Now(), AuditActions.EndpointRemove, Subject(endpoint), endpoint.Address);
                context.Remove(endpoint);
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    /// <summary>Stores what a check found; false when the endpoint was changed or deleted since.</summary>
    public Task<bool> RecordCheckAsync(Actor actor, int id, int version, EndpointCheck found, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                if (await context.RemoteEndpoints.FirstOrDefaultAsync(one => one.Id == id && one.Version == version, token) is not { } endpoint) return false;
                (endpoint.CheckedAt, endpoint.CheckFault, endpoint.CheckArguments) = (time.Now(), found.Fault, found.Arguments);
                endpoint.MaxLength = found.MaxLength ?? (found.Fault is null ? null : endpoint.MaxLength);
                context.Audit(actor, time.Now(), AuditActions.EndpointCheck, Subject(endpoint), found.Fault ?? "works");
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    /// <summary>By name.</summary>
    public async Task<IReadOnlyList<RemoteEndpoint>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.RemoteEndpoints.AsNoTracking().OrderBy(endpoint => endpoint.Name).ToListAsync(cancellationToken);
    }

    public async Task<RemoteEndpoint?> GetAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.RemoteEndpoints.AsNoTracking().FirstOrDefaultAsync(endpoint => endpoint.Id == id, cancellationToken);
    }

    public async Task<RemoteEndpoint?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.RemoteEndpoints.AsNoTracking().FirstOrDefaultAsync(endpoint => endpoint.Name == name, cancellationToken);
    }

    private static bool Differs(RemoteEndpoint endpoint, EndpointEdit wanted) => wanted.Key.IsChanged
        || (endpoint.Name, endpoint.Address, endpoint.Model, endpoint.AllowsPrivate, endpoint.MostRequests)
            != (wanted.Name, wanted.Address, wanted.Model, wanted.AllowsPrivate, wanted.MostRequests);

    private void Apply(RemoteEndpoint endpoint, EndpointEdit wanted)
    {
        (endpoint.Name, endpoint.Address, endpoint.Model) = (wanted.Name, wanted.Address, wanted.Model);
        (endpoint.AllowsPrivate, endpoint.MostRequests) = (wanted.AllowsPrivate, wanted.MostRequests);
        if (wanted.Key.IsChanged) endpoint.ProtectedKey = wanted.Key.ProtectedKey;
        (endpoint.CheckedAt, endpoint.CheckFault, endpoint.CheckArguments, endpoint.MaxLength) = (null, null, null, null);
        endpoint.Version++;
        endpoint.ChangedAt = time.Now();
    }

    private static string Subject(RemoteEndpoint endpoint) => $"endpoint {endpoint.Id} {endpoint.Name}";

    private static string Detail(RemoteEndpoint before, EndpointEdit wanted) =>
        (before.Address == wanted.Address ? "" : $"{before.Address} -> ") + Detail(wanted.Name, wanted.Address, wanted.Model, wanted.AllowsPrivate, wanted.Key);

    private static string Detail(RemoteEndpoint endpoint, KeyChange key) => Detail(endpoint.Name, endpoint.Address, endpoint.Model, endpoint.AllowsPrivate, key);

    private static string Detail(string name, string address, string model, bool allowsPrivate, KeyChange key)
    {
        var keyChange = key switch
        {
            { IsChanged: false } => "",
            { ProtectedKey: null } => ", no key",
            _ => ", new key",
        };
        return $"{name}: {address}, model {model}{(allowsPrivate ? ", private addresses allowed" : "")}{keyChange}";
    }
}
