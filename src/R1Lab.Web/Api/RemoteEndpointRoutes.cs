using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Api;

/// <summary><c>/api/v1/endpoints</c>: models behind HTTP endpoints, for administrators. A key goes in and never comes out.</summary>
public static class RemoteEndpointRoutes
{
    public static void MapRemoteEndpoints(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/endpoints").WithTags("Remote endpoints").RequireAuthorization(LabPolicies.CanAdminister);
        group.MapGet("", ListAsync).WithName("ListEndpoints").Produces<IReadOnlyList<EndpointView>>().WithSummary("Models on other servers, with what their last check found");
        group.MapPost("", AddAsync).WithName("AddEndpoint").Produces<EndpointView>(StatusCodes.Status201Created)
            .Produces<ApiError>(StatusCodes.Status409Conflict).Produces<ApiError>(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Adds a model on another server that speaks OpenAI's chat completions; the key is stored encrypted");
        group.MapPatch("/{id:int}", ChangeAsync).WithName("ChangeEndpoint").Produces<EndpointView>()
            .Produces<ApiError>(StatusCodes.Status404NotFound).Produces<ApiError>(StatusCodes.Status409Conflict).Produces<ApiError>(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Changes the given fields; version is the one that was read, an empty key removes the stored one");
        group.MapDelete("/{id:int}", RemoveAsync).WithName("RemoveEndpoint").Produces(StatusCodes.Status204NoContent).Produces<ApiError>(StatusCodes.Status404NotFound)
            .WithSummary("Forgets an endpoint and its key");
        group.MapPost("/{id:int}/check", CheckAsync).WithName("CheckEndpoint").Produces<EndpointView>().Produces<ApiError>(StatusCodes.Status404NotFound)
            .WithSummary("Asks the endpoint for its models: is it reached, does it know the model, how long may a conversation be");
    }

    private static async Task<IResult> ListAsync(EndpointStore endpoints, CancellationToken cancellationToken) =>
        Results.Ok((await endpoints.ListAsync(cancellationToken)).Select(EndpointView.Of).ToList());

    private static async Task<IResult> AddAsync(EndpointRequest request, EndpointRegistry registry, LiveSession session, CancellationToken cancellationToken)
    {
        var settings = request.Over(new EndpointSettings());
        if (EndpointRegistry.Problems(settings, present: null) is { Count: > 0 } problems) return ApiError.Unprocessable(problems);
        var added = await registry.AddAsync(await session.DemandAsync(LabRight.Administer, cancellationToken), settings, cancellationToken);
        return Results.Json(EndpointView.Of(added), statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ChangeAsync(
        int id, EndpointRequest request, EndpointStore endpoints, EndpointRegistry registry, LiveSession session, CancellationToken cancellationToken)
    {
        if (await endpoints.GetAsync(id, cancellationToken) is not { } present) return Missing(id);
        if (request.Version is not { } version) return ApiError.Unprocessable("version is missing: send the one that you read.", "version", "missing_value");
        var settings = request.Over(EndpointView.Settings(present));
        if (EndpointRegistry.Problems(settings, present) is { Count: > 0 } problems) return ApiError.Unprocessable(problems);
        var actor = await session.DemandAsync(LabRight.Administer, cancellationToken);
        return Results.Ok(EndpointView.Of(await registry.UpdateAsync(actor, id, version, settings, cancellationToken)));
    }

    private static async Task<IResult> RemoveAsync(int id, EndpointStore endpoints, LiveSession session, CancellationToken cancellationToken) =>
        await endpoints.RemoveAsync(await session.DemandAsync(LabRight.Administer, cancellationToken), id, cancellationToken) ? Results.NoContent() : Missing(id);

    private static async Task<IResult> CheckAsync(int id, EndpointRegistry registry, LiveSession session, CancellationToken cancellationToken) =>
        await registry.CheckAsync(await session.DemandAsync(LabRight.Administer, cancellationToken), id, cancellationToken) is { } found
            ? Results.Ok(EndpointView.Of(found))
            : Missing(id);

    private static ApiErrorAnswer Missing(int id) => ApiError.NotFound($"There is no endpoint {id}.", "id");

    /// <summary>What is left out stays as it is; for a new endpoint it has its default.</summary>
    private sealed record EndpointRequest(string? Name, string? Address, string? Model, bool? AllowPrivate, int? MaxRequests, string? Key, int? Version)
    {
        public EndpointSettings Over(EndpointSettings present) => present with
        {
            Name = Name ?? present.Name,
            Address = Address ?? present.Address,
            Model = Model ?? present.Model,
            AllowsPrivate = AllowPrivate ?? present.AllowsPrivate,
            MostRequests = MaxRequests ?? present.MostRequests,
            Key = Key,
            RemovesKey = Key?.Length == 0,
        };

        /// <summary>Never shows the key.</summary>
        public override string ToString() => $"{Name}: {Address}, {Model}";
    }
}

/// <summary>An endpoint as clients see it: whether there is a key, never which.</summary>
internal sealed record EndpointView(
    int Id, string Name, string Address, string Model, bool HasKey, bool AllowPrivate, int MaxRequests, int Version, string? Owner, long CreatedAt, long ChangedAt,
    long? CheckedAt, string State, string? Error, int? MaxModelLen)
{
    public static EndpointView Of(RemoteEndpoint endpoint) => new(
        endpoint.Id, endpoint.Name, endpoint.Address, endpoint.Model, endpoint.ProtectedKey is not null, endpoint.AllowsPrivate, endpoint.MostRequests, endpoint.Version,
        endpoint.OwnerName, endpoint.CreatedAt.ToUnixTimeSeconds(), endpoint.ChangedAt.ToUnixTimeSeconds(), endpoint.CheckedAt?.ToUnixTimeSeconds(),
        endpoint.CheckedAt is null ? "unchecked" : endpoint.CheckFault is null ? "works" : "failed", endpoint.CheckFault, endpoint.MaxLength);

    internal static EndpointSettings Settings(RemoteEndpoint endpoint) => new()
    {
        Name = endpoint.Name,
        Address = endpoint.Address,
        Model = endpoint.Model,
        AllowsPrivate = endpoint.AllowsPrivate,
        MostRequests = endpoint.MostRequests,
    };
}
