using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Engine.Training;

/// <summary>What a difference belongs to: the first four are causes, the last is what came of them.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ReceiptGroup>))]
public enum ReceiptGroup { Data, Recipe, Model, Environment, Outcome }

/// <summary>One thing in which two runs differ.</summary>
/// <param name="Path">Where, for example <c>recipe.lora.r</c> or <c>curves.loss</c>.</param>
/// <param name="Left">The value of the left receipt as text; null where it has none.</param>
/// <param name="Right">That of the right one.</param>
/// <param name="Step">Of a curve or of events: the first step in which they differ.</param>
public sealed record ReceiptDifference(ReceiptGroup Group, string Path, string? Left, string? Right, int? Step = null)
{
    // Row numbers may be many; that they differ is seen at their beginning too, or by their count.
    private const int LongestText = 200;

    private static readonly string[] Unimportant = ["run.name", "run.owner", "run.started_at", "run.ended_at", "recipe.name"];

    /// <summary>Everything two runs differ in, causes first; curves and events by the first step of difference.</summary>
    /// <param name="definitions">The metrics to compare, where they are repeatable; null: all that are defined.</param>
    public static IReadOnlyList<ReceiptDifference> Between(
        RunReceipt left, RunReceipt right, IReadOnlyList<MetricDefinition>? definitions = null) =>
    [
        .. Settings(left, right).Concat(Files(left, right)).Concat(Curves(left, right, definitions ?? MetricDefinitions.All))
            .Concat(Events(left, right)).OrderBy(one => one.Group),
    ];

    private static IEnumerable<ReceiptDifference> Settings(RunReceipt left, RunReceipt right)
    {
        var (mine, theirs) = (Fields(left), Fields(right));
        foreach (var path in mine.Keys.Union(theirs.Keys).Except(Unimportant))
        {
            var (a, b) = (mine.GetValueOrDefault(path), theirs.GetValueOrDefault(path));
            if (!JsonNode.DeepEquals(a, b)) yield return new(GroupOf(path), path, TextOf(a), TextOf(b));
        }
    }

    private static IEnumerable<ReceiptDifference> Files(RunReceipt left, RunReceipt right)
    {
        var (mine, theirs) = (left.Results.ToDictionary(file => file.Path, file => file.Sha256), right.Results.ToDictionary(file => file.Path, file => file.Sha256));
        return mine.Keys.Union(theirs.Keys).Where(path => mine.GetValueOrDefault(path) != theirs.GetValueOrDefault(path))
            .Select(path => new ReceiptDifference(ReceiptGroup.Outcome, $"results.{path}", mine.GetValueOrDefault(path), theirs.GetValueOrDefault(path)));
    }

    // Speed, memory and times differ between any two runs and say nothing of them.
    private static IEnumerable<ReceiptDifference> Curves(
        RunReceipt left, RunReceipt right, IReadOnlyList<MetricDefinition> definitions) => definitions
        .Where(definition => definition.Repeatable).Select(definition => Curve(definition.Key, left, right)).OfType<ReceiptDifference>();

    private static ReceiptDifference? Curve(string name, RunReceipt left, RunReceipt right)
    {
        var (mine, theirs) = (Points(left, name), Points(right, name));
        var steps = mine.Keys.Union(theirs.Keys).Order().Where(step => !Same(mine, theirs, step)).Take(1).ToList();
        return steps.Count == 0 ? null : new(ReceiptGroup.Outcome, $"curves.{name}", Show(mine, steps[0]), Show(theirs, steps[0]), steps[0]);
    }

    private static IEnumerable<ReceiptDifference> Events(RunReceipt left, RunReceipt right)
    {
        var longest = Math.Max(left.Events.Count, right.Events.Count);
        for (var i = 0; i < longest; i++)
        {
            var (mine, theirs) = (left.Events.ElementAtOrDefault(i), right.Events.ElementAtOrDefault(i));
            if ((mine?.Step, mine?.Kind) == (theirs?.Step, theirs?.Kind)) continue;
            yield return new(ReceiptGroup.Outcome, "events", mine?.Kind, theirs?.Kind, Math.Min(mine?.Step ?? int.MaxValue, theirs?.Step ?? int.MaxValue));
            yield break;
        }
    }

    // A step that went on from a snapshot may be logged twice: the later one counts.
    private static Dictionary<int, double> Points(RunReceipt receipt, string key)
    {
        var points = new Dictionary<int, double>();
        foreach (var step in receipt.Curves)
        {
            if (step.Values[key] is { } number) points[step.Step] = number;
        }

        return points;
    }

    private static bool Same(Dictionary<int, double> mine, Dictionary<int, double> theirs, int step) =>
        mine.TryGetValue(step, out var a) && theirs.TryGetValue(step, out var b) && BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b);

    private static string? Show(Dictionary<int, double> points, int step) =>
        points.TryGetValue(step, out var value) ? value.ToString("R", System.Globalization.CultureInfo.InvariantCulture) : null;

    private static Dictionary<string, JsonNode?> Fields(RunReceipt receipt)
    {
        var fields = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        var tree = JsonSerializer.SerializeToNode(receipt, RunReceipt.Json)!.AsObject();
        foreach (var part in (string[])["data", "recipe", "model", "environment", "run"]) Flatten(part, tree[part], fields);
        return fields;
    }

    private static void Flatten(string path, JsonNode? value, Dictionary<string, JsonNode?> fields)
    {
        if (value is not JsonObject map) fields[path] = value;
        else foreach (var (name, inner) in map) Flatten($"{path}.{name}", inner, fields);
    }

    private static ReceiptGroup GroupOf(string path) => path.Split('.')[0] switch
    {
        "data" => ReceiptGroup.Data,
        "recipe" => ReceiptGroup.Recipe,
        "model" => ReceiptGroup.Model,
        "environment" => ReceiptGroup.Environment,
        _ => ReceiptGroup.Outcome,
    };

    private static string? TextOf(JsonNode? value)
    {
        var text = value is null ? null : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
        return text?.Length > LongestText ? text[..LongestText] + "…" : text;
    }
}
