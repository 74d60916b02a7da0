using System.Collections;

namespace R1Lab.Engine.Training.Reporting;

/// <summary>The numbers of one step by key; immutable. A key that was not measured is missing, which is not the same as 0.</summary>
public sealed class MetricValues : IReadOnlyCollection<Metric>, IEquatable<MetricValues>
{
    // Few and in the order of their keys: a search from the front beats a table, and equal contents are equal arrays.
    private readonly Metric[] _metrics;

    private MetricValues(Metric[] metrics) => _metrics = metrics;

    /// <summary>Nothing was measured.</summary>
    public static MetricValues None { get; } = new([]);

    public int Count => _metrics.Length;

    /// <summary>The number of this key; null where it was not measured.</summary>
    public double? this[string key]
    {
        get
        {
            foreach (var metric in _metrics)
            {
                if (metric.Key == key) return metric.Value;
            }

            return null;
        }
    }

    /// <param name="metrics">In any order; of several with one key the last one counts.</param>
    public static MetricValues Of(IEnumerable<Metric> metrics)
    {
        var sorted = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var metric in metrics) sorted[metric.Key] = metric.Value;
        return new([.. sorted.Select(pair => new Metric(pair.Key, pair.Value))]);
    }

    /// <summary>The same with another number of this key; without it where <paramref name="value"/> is null.</summary>
    public MetricValues With(string key, double? value)
    {
        var others = _metrics.Where(metric => metric.Key != key);
        return Of(value is { } number ? others.Append(new(key, number)) : others);
    }

    /// <summary>In the ordinal order of the keys.</summary>
    public IEnumerator<Metric> GetEnumerator() => ((IEnumerable<Metric>)_metrics).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(MetricValues? other) => other is not null && _metrics.AsSpan().SequenceEqual(other._metrics);

    public override bool Equals(object? obj) => Equals(obj as MetricValues);

    public override int GetHashCode() => _metrics.Aggregate(0, HashCode.Combine);

    public override string ToString() =>
        string.Join(", ", _metrics.Select(metric => FormattableString.Invariant($"{metric.Key} = {metric.Value:R}")));
}
