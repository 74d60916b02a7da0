using System.Text.Json;
using System.Text.Json.Serialization;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Api;

/// <summary>The numbers of one logged step, as they were measured: one flat object with a field for each defined metric.</summary>
[JsonConverter(typeof(RunMetricViewConverter))]
public sealed record RunMetricView(StepMetrics Step);

/// <summary>
/// Writes the fields by the metrics' definitions. A number that was not measured is null, or left out where its metric is optional; so is
/// one that is not finite.
/// </summary>
public sealed class RunMetricViewConverter(IReadOnlyList<MetricDefinition> definitions) : JsonConverter<RunMetricView>
{
    public RunMetricViewConverter() : this(MetricDefinitions.All)
    {
    }

    public override RunMetricView Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Numbers of runs are answers only.");

    public override void Write(Utf8JsonWriter writer, RunMetricView value, JsonSerializerOptions options)
    {
        var step = value.Step;
        writer.WriteStartObject();
        writer.WriteNumber("step", step.Step);
        writer.WriteNumber("total_steps", step.TotalSteps);
        MetricJson.Write(writer, "epoch", step.Epoch, whole: false, named: false);
        foreach (var definition in definitions)
        {
            var finite = step.Values[definition.Key] is { } number && double.IsFinite(number) ? (double?)number : null;
            if (finite is null && definition.Optional) continue;
            MetricJson.Write(writer, definition.Key, finite, definition.IsWhole, named: false);
        }

        writer.WriteString("at", step.At);
        writer.WriteEndObject();
    }
}
