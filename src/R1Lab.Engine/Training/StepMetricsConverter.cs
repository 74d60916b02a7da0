using System.Text.Json;
using System.Text.Json.Serialization;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Engine.Training;

/// <summary>
/// A logged step as one flat JSON object, as receipts hold it: its place in the run, every defined metric (null where the step does not
/// have it), then what
/// only the writer knew. Numbers of unknown names are kept as metrics, so that a receipt of another version loses nothing.
/// </summary>
public sealed class StepMetricsConverter : JsonConverter<StepMetrics>
{
    public override StepMetrics Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("must be an object");
        var (step, metrics) = (new StepMetrics(), new List<Metric>());
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (WithPlace(step, name, ref reader) is { } placed) step = placed;
            else if (ValueOf(name, ref reader) is { } value) metrics.Add(new(name, value));
        }

        return step with { Values = MetricValues.Of(metrics) };
    }

    public override void Write(Utf8JsonWriter writer, StepMetrics value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("step", value.Step);
        writer.WriteNumber("total_steps", value.TotalSteps);
        MetricJson.Write(writer, "epoch", value.Epoch, whole: false, named: true);
        foreach (var definition in MetricDefinitions.All)
            MetricJson.Write(writer, definition.Key, value.Values[definition.Key], definition.IsWhole, named: true);
        foreach (var metric in value.Values.Where(metric => !IsDefined(metric.Key)))
            MetricJson.Write(writer, metric.Key, metric.Value, whole: false, named: true);
        writer.WriteString("at", value.At);
        writer.WriteEndObject();
    }

    private static StepMetrics? WithPlace(StepMetrics step, string name, ref Utf8JsonReader reader) => name switch
    {
        "step" => step with { Step = reader.GetInt32() },
        "total_steps" => step with { TotalSteps = reader.GetInt32() },
        "epoch" => step with { Epoch = MetricJson.Read(ref reader) ?? throw new JsonException("must be a number") },
        "at" => step with { At = reader.GetDateTimeOffset() },
        _ => null,
    };

    private static double? ValueOf(string name, ref Utf8JsonReader reader)
    {
        if (IsDefined(name) || reader.TokenType == JsonTokenType.Number) return MetricJson.Read(ref reader);
        reader.Skip();
        return null;
    }

    private static bool IsDefined(string key) => MetricDefinitions.All.Any(definition => definition.Key == key);
}
