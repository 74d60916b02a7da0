using System.Text.Json.Nodes;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;

namespace R1Lab.Web.Api;

/// <summary>Recipes from and to the settings of other tools.</summary>
public static class RecipeEndpoints
{
    public static void MapRecipes(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/recipes/import", ImportAsync).WithTags("Runs").WithName("ImportRecipe").RequireAuthorization(LabPolicies.CanView)
            .Accepts<string>("text/plain").Produces<ImportedRecipeView>().Produces<ApiError>(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Reads LLaMA-Factory YAML or its command line, Axolotl YAML, TRL's own YAML, or a TRL/PEFT Python script or notebook (the body, as text) as a recipe; every value says what became of it. Nothing is run");
        app.MapGet("/api/v1/runs/{id:int}/recipe", ExportAsync).WithTags("Runs").WithName("ExportRunRecipe").RequireAuthorization(LabPolicies.CanView)
            .Produces<ExportedRecipeView>().Produces<ApiError>(StatusCodes.Status404NotFound)
            .WithSummary("A run's recipe as another tool's settings; format is llama_factory, axolotl or trl");
    }

    private static async Task<IResult> ImportAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (await ReadAsync(request, cancellationToken) is not { } text) return ApiError.TooLarge($"Settings have at most {RecipeExchange.LongestText} characters.");

        try
        {
            return Results.Ok(ImportedRecipeView.Of(RecipeExchange.ImportWhile(text, cancellationToken)));
        }
        catch (BadInputException bad)
        {
            return ApiError.Unprocessable(bad.Message, "body", "recipe_unreadable");
        }
    }

    /// <summary>The body as text, or null when it is longer than settings are.</summary>
    private static async Task<string?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(request.Body);
        var (buffer, read) = (new char[RecipeExchange.LongestText + 1], 0);
        for (int count; read < buffer.Length && (count = await reader.ReadAsync(buffer.AsMemory(read), cancellationToken)) > 0;) read += count;
        return read > RecipeExchange.LongestText ? null : new string(buffer, 0, read);
    }

    private static async Task<IResult> ExportAsync(int id, string? format, RunStore runs, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(id, cancellationToken) is not { } run) return ApiError.NotFound($"There is no run {id}.", "id");
        if (SnakeCase.Parse<RecipeFormat>(format ?? "") is not { } known)
            return ApiError.Unprocessable($"format must be one of {string.Join(", ", SnakeCase.Names<RecipeFormat>())}.", "format");
        if (TrainingRecipe.Parse(run.RecipeJson, out var unreadable) is not { } recipe) return ApiError.Unprocessable(unreadable);
        return Results.Ok(ExportedRecipeView.Of(known, RecipeExchange.Export(recipe, known)));
    }
}

/// <summary>What became of one value: carried, changed, not_carried, or defaulted (not in the text, so the other tool's own default).</summary>
public sealed record CarriedValueView(string Kind, string Name, string Value, string? Field, int? Line, string? Reason, string? Code)
{
    public static CarriedValueView Of(CarriedValue value) =>
        new(SnakeCase.Of(value.Kind), value.Name, value.Value, value.Field, value.Line, value.Reason?.Message, value.Reason?.Code);
}

/// <param name="Recipe">Ready for <c>POST /api/v1/runs</c>, once model and dataset are names of this lab.</param>
public sealed record ImportedRecipeView(string Format, JsonNode Recipe, IReadOnlyList<CarriedValueView> Values)
{
    public static ImportedRecipeView Of(ImportedRecipe imported) =>
        new(SnakeCase.Of(imported.Format), JsonNode.Parse(imported.Recipe.ToJson())!, [.. imported.Values.Select(CarriedValueView.Of)]);
}

/// <param name="Values">What the text could not say, or says with another value.</param>
public sealed record ExportedRecipeView(string Format, string Text, IReadOnlyList<CarriedValueView> Values)
{
    public static ExportedRecipeView Of(RecipeFormat format, ExportedRecipe exported) =>
        new(SnakeCase.Of(format), exported.Text, [.. exported.Values.Select(CarriedValueView.Of)]);
}
