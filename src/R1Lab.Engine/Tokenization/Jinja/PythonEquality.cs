using System.Numerics;
using System.Runtime.CompilerServices;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Python's <c>==</c> on scalars, for dictionary keys: 1, 1.0 and True are one key.</summary>
internal sealed class PythonEquality : IEqualityComparer<object>
{
    private const int LargestTupleKey = 100;

    public static PythonEquality Instance { get; } = new();

    bool IEqualityComparer<object>.Equals(object? left, object? right) => AreEqual(left, right);

    public int GetHashCode(object value) => value switch
    {
        string text => text.GetHashCode(StringComparison.Ordinal),
        bool flag => PythonNumber.ToWhole(flag).GetHashCode(),
        long or BigInteger => PythonNumber.ToWhole(value).GetHashCode(),
        double number => double.IsInteger(number) ? new BigInteger(number).GetHashCode() : number.GetHashCode(),
        JinjaTuple tuple => HashOf(tuple),
        null => 0,
        _ => throw new JinjaException($"a {PythonText.TypeName(value)} cannot be a dictionary key"),
    };

    // A hash of every part would take exponential time for tuples of tuples, and one of few parts would make many keys collide.
    private int HashOf(JinjaTuple tuple)
    {
        var left = LargestTupleKey;
        return HashOf(tuple, ref left);
    }

    private int HashOf(JinjaTuple tuple, ref int left)
    {
        var hash = new HashCode();
        foreach (var item in tuple.Items)
        {
            if (--left < 0) throw new JinjaException($"a tuple of more than {LargestTupleKey} values cannot be a dictionary key here");
            hash.Add(item is JinjaTuple inner ? HashOf(inner, ref left) : item is null ? 0 : GetHashCode(item));
        }

        return hash.ToHashCode();
    }

    /// <summary>Equality of any two values, deep for lists, tuples and dictionaries.</summary>
    public static bool AreEqual(object? left, object? right, RenderLimits? limits = null)
    {
        if (ReferenceEquals(left, right)) return left is not double.NaN;
        RuntimeHelpers.EnsureSufficientExecutionStack();
        limits?.EnterValue();
        var equal = (left, right) switch
        {
            (string a, string b) => AreEqual(a, b, limits),
            (JinjaUndefined, JinjaUndefined) => true,
            (JinjaList a, JinjaList b) => AreEqual(a, b, limits),
            (JinjaTuple a, JinjaTuple b) => AreEqual(a.Items, b.Items, limits),
            (JinjaDict a, JinjaDict b) => a.Count == b.Count && a.All(pair => Visit(limits) && b.TryGetValue(pair.Key, out var other) && AreEqual(pair.Value, other, limits)),
            (null, _) or (_, null) => false,
            _ => PythonNumber.IsNumber(left) && PythonNumber.IsNumber(right) && PythonNumber.Compare(left, right) == 0,
        };
        limits?.LeaveValue();
        return equal;
    }

    private static bool AreEqual(string left, string right, RenderLimits? limits)
    {
        if (left.Length != right.Length) return false;
        limits?.Spend(left.Length / 16);
        return string.Equals(left, right, StringComparison.Ordinal);
    }

    private static bool AreEqual(IReadOnlyList<object?> left, IReadOnlyList<object?> right, RenderLimits? limits)
    {
        if (left.Count != right.Count) return false;
        for (var index = 0; index < left.Count; index++)
        {
            Visit(limits);
            if (!AreEqual(left[index], right[index], limits)) return false;
        }

        return true;
    }

    private static bool Visit(RenderLimits? limits)
    {
        limits?.Make(10);
        return true;
    }
}
