using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Api;

/// <summary>Describes <see cref="RunMetricView"/> in the OpenAPI document by the metrics' definitions.</summary>
internal static class RunMetricSchema
{
    private const string Name = nameof(RunMetricView);

    /// <summary>A type with a converter of its own has no schema: lists of it get the one made here.</summary>
    public static Task CompleteAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context is { Document: { } document } && context.JsonTypeInfo.Type == typeof(IReadOnlyList<RunMetricView>))
        {
            document.AddComponent<IOpenApiSchema>(Name, Create());
            schema.Items = new OpenApiSchemaReference(Name, document);
        }

        return Task.CompletedTask;
    }

    private static OpenApiSchema Create()
    {
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["step"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "Optimizer steps done, from 1." },
            ["total_steps"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
            ["epoch"] = new OpenApiSchema { Type = JsonSchemaType.Number, Description = "Epochs done; fractional." },
        };
        foreach (var definition in MetricDefinitions.All) properties[definition.Key] = Of(definition);
        properties["at"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };
        var optional = MetricDefinitions.All.Where(definition => definition.Optional).Select(definition => definition.Key);
        var required = properties.Keys.Except(optional).ToHashSet(StringComparer.Ordinal);
        return new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties, Required = required };
    }

    private static OpenApiSchema Of(MetricDefinition definition)
    {
        var type = definition.IsWhole ? JsonSchemaType.Integer : JsonSchemaType.Number;
        return new OpenApiSchema { Type = definition.Optional ? type : type | JsonSchemaType.Null, Description = UnitOf(definition.Unit) };
    }

    private static string? UnitOf(MetricUnit unit) => unit switch
    {
        MetricUnit.Nats => "In nats per token.",
        MetricUnit.Share or MetricUnit.Percent => "0 to 1.",
        MetricUnit.PerSecond => "Per second.",
        MetricUnit.Seconds => "In seconds.",
        MetricUnit.Bytes => "In bytes.",
        MetricUnit.Celsius => "In degrees Celsius.",
        _ => null,
    };
}
