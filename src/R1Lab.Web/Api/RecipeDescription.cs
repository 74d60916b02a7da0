using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Localization;
using Microsoft.OpenApi;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;
using R1Lab.Web.Localization;

namespace R1Lab.Web.Api;

/// <summary>Describes a recipe in the OpenAPI document: types, choices, bounds, a new run's defaults, the form's English texts.</summary>
/// <param name="texts">The form's texts, <c>Label_&lt;name&gt;</c> and <c>Help_&lt;name&gt;</c>.</param>
internal sealed class RecipeDescription(RecipeSchema settings, IStringLocalizer texts)
{
    /// <summary>Completes the schema of <see cref="TrainingRecipe"/> in a document.</summary>
    /// <param name="texts">The type that the form's texts belong to.</param>
    public static Func<OpenApiSchema, OpenApiSchemaTransformerContext, CancellationToken, Task> Transformer(Type texts) =>
        (schema, context, _) =>
    {
        var localizers = context.ApplicationServices.GetRequiredService<IStringLocalizerFactory>();
        var description = new RecipeDescription(RecipeSchema.Default, localizers.Create(texts));
        if (context.JsonTypeInfo.Type == typeof(TrainingRecipe)) description.Fill(schema);
        return Task.CompletedTask;
    };

    public void Fill(OpenApiSchema schema)
    {
        var language = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = new CultureInfo(Languages.English);
            Fill(schema, settings.WrittenFields.ToLookup(field => field.Name.Split('.') is [var group, _] ? group : ""));
        }
        finally
        {
            CultureInfo.CurrentUICulture = language;
        }
    }

    private void Fill(OpenApiSchema schema, ILookup<string, RecipeField> groups)
    {
        var properties = PropertiesOf(groups[""]);
        foreach (var group in groups.Where(group => group.Key.Length > 0))
            properties[group.Key] = Closed(new OpenApiSchema(), PropertiesOf(group));
        Closed(schema, properties);
        schema.Required = new HashSet<string>(StringComparer.Ordinal) { "model", "dataset" };
    }

    private static OpenApiSchema Closed(OpenApiSchema schema, Dictionary<string, IOpenApiSchema> properties)
    {
        (schema.Type, schema.Properties, schema.AdditionalPropertiesAllowed) = (JsonSchemaType.Object, properties, false);
        return schema;
    }

    private Dictionary<string, IOpenApiSchema> PropertiesOf(IEnumerable<RecipeField> fields) =>
        fields.ToDictionary(field => field.Name.Split('.')[^1], IOpenApiSchema (field) => Of(field), StringComparer.Ordinal);

    private OpenApiSchema Of(RecipeField field)
    {
        var schema = new OpenApiSchema
        {
            Type = TypeOf(field.Kind) | (field.AllowsNull ? JsonSchemaType.Null : 0),
            Description = Describe(field),
            Default = field.Kind == SettingKind.Map ? null : field.ReadJson(TrainingRecipe.Initial),
        };
        if (field.Kind == SettingKind.Choice) schema.Enum = [.. field.Choices.Select(choice => JsonValue.Create(choice))];
        if (field.Kind == SettingKind.List) schema.Items = new OpenApiSchema { Type = JsonSchemaType.String };
        if (field.Kind == SettingKind.Map) schema.AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Number };
        foreach (var bound in field.Bounds) Limit(schema, bound);
        return schema;
    }

    private static void Limit(OpenApiSchema schema, RecipeBound bound)
    {
        var value = bound.Value.ToString(CultureInfo.InvariantCulture);
        if (bound.Kind == BoundKind.Least) schema.Minimum = value;
        else if (bound.Kind == BoundKind.Most) schema.Maximum = value;
        else if (bound.Kind == BoundKind.Below) schema.ExclusiveMaximum = value;
        else schema.ExclusiveMinimum = "0";
    }

    private static JsonSchemaType TypeOf(SettingKind kind) => kind switch
    {
        SettingKind.Number => JsonSchemaType.Number,
        SettingKind.WholeNumber => JsonSchemaType.Integer,
        SettingKind.Flag => JsonSchemaType.Boolean,
        SettingKind.List => JsonSchemaType.Array,
        SettingKind.Map => JsonSchemaType.Object,
        _ => JsonSchemaType.String,
    };

    private string? Describe(RecipeField field)
    {
        LocalizedString[] all = [texts[$"Label_{field.Name}"], texts[$"Help_{field.Name}"]];
        var known = all.Where(text => !text.ResourceNotFound && text.Value.Length > 0).Select(text => text.Value).ToList();
        return known.Count == 0 ? null : string.Join(' ', known.Select(text => text.EndsWith('.') ? text : text + "."));
    }
}
