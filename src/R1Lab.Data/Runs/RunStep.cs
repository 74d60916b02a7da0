namespace R1Lab.Data.Runs;

/// <summary>One logged step of a run: which one it was, and its numbers.</summary>
public sealed class RunStep
{
    public int RunId { get; set; }

    public int Step { get; set; }

    public int TotalSteps { get; set; }

    public double Epoch { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>
    /// Numbers by key, each key once. One that the step did not have is missing. They have a table of their own: <see cref="RunMetric"/>.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, double>> Values { get; set; } = [];

    /// <summary>The number of this key; null where the step did not have it.</summary>
    public double? this[string key]
    {
        get
        {
            foreach (var (name, value) in Values)
            {
                if (name == key) return value;
            }

            return null;
        }
    }
}

/// <summary>One number of one logged step. Which keys there are, and what they mean, only the engine knows.</summary>
public sealed class RunMetric
{
    public int RunId { get; set; }

    public required string Key { get; set; }

    public int Step { get; set; }

    public double Value { get; set; }
}
