using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>
/// What reading one text of another tool may use up. The text is not trusted: a few names that refer to each other can stand for more values
/// than fit into memory, so every value is announced here before it is made.
/// </summary>
internal sealed class ImportBudget(TimeProvider clock, CancellationToken cancellationToken)
{
    /// <summary>List items, members and settings; published settings have a few hundred.</summary>
    public const int MostNodes = 250_000;

    /// <summary>Characters of all texts together, repeated readings included.</summary>
    public const long MostCharacters = 8 * RecipeExchange.LongestText;

    public static readonly TimeSpan MostTime = TimeSpan.FromSeconds(3);

    /// <summary>A second guard, for work that is not announced.</summary>
    private const long MostAllocatedBytes = 512L << 20;

    private readonly long _started = clock.GetTimestamp();
    private readonly long _allocated = GC.GetAllocatedBytesForCurrentThread();
    private long _nodes;
    private long _characters;

    /// <summary>Announces values before they are made.</summary>
    public void Nodes(long count)
    {
        _nodes += count;
        if (_nodes > MostNodes) throw Exceeded($"it stands for more than {MostNodes} values");
        Check();
    }

    /// <summary>Announces text before it is made.</summary>
    public void Characters(long count)
    {
        _characters += count;
        if (_characters > MostCharacters) throw Exceeded($"its values have more than {MostCharacters} characters");
        Check();
    }

    /// <summary>Announces a copy of a value.</summary>
    public void Copy(ValueSize size)
    {
        Nodes(size.Nodes);
        Characters(size.Characters);
    }

    /// <summary>Called between operations: observes the clock and the request.</summary>
    /// <exception cref="OperationCanceledException">The caller no longer waits for the result.</exception>
    public void Check()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (clock.GetElapsedTime(_started) > MostTime) throw Exceeded($"reading it takes longer than {MostTime.TotalSeconds:0} seconds");
        if (GC.GetAllocatedBytesForCurrentThread() - _allocated > MostAllocatedBytes) throw Exceeded("reading it takes too much memory");
    }

    private static BadInputException Exceeded(string reason) => new("recipe", null, $"{reason}; settings are much smaller");
}

/// <summary>How much a value holds.</summary>
/// <param name="Nodes">Itself and everything in it.</param>
/// <param name="Characters">Of all texts and names.</param>
/// <param name="Depth">Lists and maps within each other; 0 for a plain value.</param>
internal readonly record struct ValueSize(long Nodes, long Characters, int Depth)
{
    public static ValueSize Of(JsonNode? value)
    {
        switch (value)
        {
            case JsonArray list:
                return Sum(list.Select(Of));
            case JsonObject map:
                return Sum(map.Select(member =>
                {
                    var size = Of(member.Value);
                    return size with { Characters = size.Characters + member.Key.Length };
                }));
            default:
                return new(1, value is JsonValue plain && plain.TryGetValue<string>(out var text) ? text.Length : 0, 0);
        }
    }

    private static ValueSize Sum(IEnumerable<ValueSize> parts) => parts.Aggregate(
        new ValueSize(1, 0, 1),
        (sum, part) => new(sum.Nodes + part.Nodes, sum.Characters + part.Characters, Math.Max(sum.Depth, part.Depth + 1)));
}
