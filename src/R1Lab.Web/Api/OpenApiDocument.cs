using Microsoft.OpenApi;

namespace R1Lab.Web.Api;

/// <summary>The document at <c>/openapi/v1.json</c>: everything a program may call, and how it shows its key.</summary>
public static class OpenApiDocument
{
    private const string SchemeName = "ApiKey";

    /// <param name="settingTexts">The type that the texts of recipe settings belong to.</param>
    public static void AddLabOpenApi(this IServiceCollection services, Type settingTexts) => services.AddOpenApi("v1", options => options
        .AddSchemaTransformer(RunMetricSchema.CompleteAsync)
        .AddSchemaTransformer(RecipeDescription.Transformer(settingTexts))
        .AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "R1Lab";
            document.Info.Description = "Datasets, training runs, models, ratings and OpenAI-style generation. Errors have the shape {\"error\":{\"message\",\"type\",\"param\",\"code\"}}.";
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[SchemeName] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key: Authorization: Bearer r1l_...",
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(SchemeName, document)] = [] }];
            return Task.CompletedTask;
        }));
}
