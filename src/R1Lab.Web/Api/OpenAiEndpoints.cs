using R1Lab.Web.Access;
using R1Lab.Web.Api.OpenAi;
using R1Lab.Web.Errors;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Api;

/// <summary>The surface OpenAI clients speak: <c>/v1/models</c>, <c>/v1/chat/completions</c>, <c>/v1/completions</c>.</summary>
public static class OpenAiEndpoints
{
    public static void MapOpenAi(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1").WithTags("OpenAI").RequireAuthorization(LabPolicies.CanInfer);
        v1.MapGet("/models", ListAsync).WithName("ListModels").WithSummary("The models that can be asked");
        v1.MapGet("/models/{**id}", GetAsync).WithName("GetModel").WithSummary("One model");
        v1.MapPost("/chat/completions", ChatCompletions.CompleteAsync).WithName("CreateChatCompletion").WithSummary("Answers a conversation; the thought comes as reasoning_content");
        v1.MapPost("/completions", Completions.CompleteAsync).WithName("CreateCompletion").WithSummary("Continues a text or token ids");
    }

    private static async Task<IResult> ListAsync(ModelHost host, CancellationToken cancellation) =>
        Results.Json(new { Object = "list", Data = (await host.ListAsync(cancellation)).Select(Card) });

    private static async Task<IResult> GetAsync(string id, ModelHost host, CancellationToken cancellation)
    {
        var found = (await host.ListAsync(cancellation)).FirstOrDefault(m => m.Name == id);
        return found is null ? ApiError.NotFound($"The model '{id}' does not exist.", "model", "model_not_found") : Results.Json(Card(found));
    }

    private static object Card(HostedModel model) => new
    {
        Id = model.Name,
        Object = "model",
        Created = model.CreatedAt.ToUnixTimeSeconds(),
        OwnedBy = "r1lab",
        Root = model.BaseName ?? model.Name,
        Parent = model.BaseName,
        MaxModelLen = model.MaxLength,
    };
}
