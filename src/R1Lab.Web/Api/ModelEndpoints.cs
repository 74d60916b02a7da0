using System.Text.Json.Serialization;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Api;

/// <summary><c>/api/v1/models</c>: register folders, see what there is.</summary>
public static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/models").WithTags("Models");
        group.MapGet("", ListAsync).RequireAuthorization(LabPolicies.CanView).WithName("ListRegisteredModels").WithSummary("Registered models and adapters");
        group.MapGet("/{**name}", GetAsync).RequireAuthorization(LabPolicies.CanView).WithName("GetRegisteredModel").WithSummary("One model or adapter");
        group.MapPost("", RegisterAsync).RequireAuthorization(LabPolicies.CanTrain).WithName("RegisterModel").WithSummary("Registers a model or adapter folder on the lab's disk");
    }

    private static async Task<IResult> ListAsync(ModelHost host, CancellationToken cancellation)
    {
        var all = await host.ListAsync(cancellation);
        return Results.Json(all.Select(m => Card(m, all)));
    }

    private static async Task<IResult> GetAsync(string name, ModelHost host, CancellationToken cancellation)
    {
        var all = await host.ListAsync(cancellation);
        return all.FirstOrDefault(m => m.Name == name) is { } found
            ? Results.Json(Card(found, all))
            : ApiError.NotFound($"The model '{name}' does not exist.", "name", "model_not_found");
    }

    private static async Task<IResult> RegisterAsync(RegisterModelRequest request, ModelLibrary library, ModelHost host, LiveSession session, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(request.Path)) return ApiError.Unprocessable("path is missing: give a folder on the lab's disk.", "path");
        if (request.Name is { } name && (name.Length is 0 or > 200 || name.Any(char.IsControl))) return ApiError.Unprocessable("name must have 1 to 200 visible characters.", "name");
        try
        {
            var record = await library.RegisterAsync(await session.DemandAsync(LabRight.Train, cancellation), request.Path, request.Name, request.Base, cancellation);
            var all = await host.ListAsync(cancellation);
            return Results.Json(Card(all.First(m => m.Record.Id == record.Id), all), statusCode: StatusCodes.Status201Created);
        }
        catch (RecordConflictException e)
        {
            return ApiError.Conflict(e.Message, "name");
        }
    }

    private static object Card(HostedModel model, IReadOnlyList<HostedModel> all) => new
    {
        model.Record.Id,
        model.Name,
        model.Record.Path,
        Kind = model.Record.Kind.ToString().ToLowerInvariant(),
        model.Record.Family,
        Parameters = model.Record.ParameterCount,
        model.Record.Dtype,
        Base = model.BaseName,
        Adapters = all.Where(a => a.Record.BaseModelId == model.Record.Id).Select(a => a.Name),
        model.Record.Fingerprint,
        MaxModelLen = model.MaxLength,
        Loaded = model.State == LoadState.Loaded,
        model.State,
        Error = model.Failure,
        Findings = model.Findings.Select(ApiProblem.Of),
        model.Record.RunId,
        CreatedAt = model.Record.CreatedAt.ToUnixTimeSeconds(),
    };

    private sealed record RegisterModelRequest
    {
        [JsonPropertyName("path")]
        public string? Path { get; init; }

        [JsonPropertyName("name")]
        public string? Name { get; init; }

        /// <summary>For an adapter: the registered model it sits on, where its own description names another.</summary>
        [JsonPropertyName("base")]
        public string? Base { get; init; }
    }
}
