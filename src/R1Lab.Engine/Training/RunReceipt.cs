using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Training.Receipts;

namespace R1Lab.Engine.Training;

/// <summary>
/// Everything that tells one run from another and lets somebody repeat it: data, recipe, model, program and machine, and what came of it.
/// One JSON file, snake_case, with a <c>schema_version</c>; unknown fields are passed over, a newer version is refused.
/// </summary>
public sealed record RunReceipt
{
    /// <summary>The version this program writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>A million logged steps have half of this.</summary>
    private const long MostBytes = 512_000_000;

    /// <summary>The file's usual name in a run's output folder.</summary>
    public const string FileName = "receipt.json";

    public int SchemaVersion { get; init; } = CurrentSchema;

    public DateTimeOffset WrittenAt { get; init; }

    public required ReceiptRun Run { get; init; }

    public required ReceiptData Data { get; init; }

    public required TrainingRecipe Recipe { get; init; }

    public required ReceiptModel Model { get; init; }

    public required ReceiptEnvironment Environment { get; init; }

    /// <summary>Every logged step, in order.</summary>
    public IReadOnlyList<StepMetrics> Curves { get; init; } = [];

    public IReadOnlyList<ReceiptEvent> Events { get; init; } = [];

    /// <summary>The snapshots that are kept, each by its manifest, which holds the hashes of its files.</summary>
    public IReadOnlyList<ReceiptFile> Snapshots { get; init; } = [];

    /// <summary>The files of the result.</summary>
    public IReadOnlyList<ReceiptFile> Results { get; init; } = [];

    // Numbers that are none are part of the truth of a run.
    internal static JsonSerializerOptions Json { get; } = new(TrainingRecipe.Json)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the receipt, whole or not at all.</summary>
    public void Write(string path) => DurableFile.WriteAllText(path, ToJson());

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <exception cref="BadInputException">No receipt, a broken one, or one of a newer version; the message says which.</exception>
    public static RunReceipt Read(string path)
    {
        try
        {
            return Parse(BoundedFile.ReadAllText(path, MostBytes), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, null, e.Message);
        }
    }

    /// <param name="json">The receipt's text.</param>
    /// <param name="source">What it is called in messages.</param>
    /// <exception cref="BadInputException">No receipt, a broken one, or one of a newer version.</exception>
    public static RunReceipt Parse(string json, string source = "receipt")
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var version = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("schema_version", out var field) && field.TryGetInt32(out var number) ? number : 0;
            if (version < 1) throw new BadInputException(source, "schema_version", "receipt_not", $"this is not a run receipt");
            if (version > CurrentSchema) throw new BadInputException(source, "schema_version", "receipt_version", $"the receipt is of version {version}; this program reads versions up to {CurrentSchema}");
            return JsonSerializer.Deserialize<RunReceipt>(json, Json)!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new BadInputException(source, (e as JsonException)?.Path, "receipt_unreadable", $"the receipt cannot be read: {e.Message}");
        }
    }

    /// <summary>Whether the first <paramref name="count"/> logged losses of both runs are there and the same to the last bit.</summary>
    public bool SameLosses(RunReceipt other, int count)
    {
        var (mine, theirs) = (Losses(count), other.Losses(count));
        return mine.Count == count && mine.SequenceEqual(theirs);
    }

    private List<(int Step, long Bits)> Losses(int count) =>
        [.. Curves.Where(step => step.Loss is not null).Take(count).Select(step => (step.Step, BitConverter.DoubleToInt64Bits(step.Loss!.Value)))];
}
