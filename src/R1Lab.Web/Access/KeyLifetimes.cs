namespace R1Lab.Web.Access;

/// <summary>What can be chosen for how long a key lives, and for how long a replaced secret goes on working.</summary>
public static class KeyLifetimes
{
    /// <summary>The choice without an end.</summary>
    public const int Never = 0;

    /// <summary>A quarter: short enough that a forgotten key ends, long enough to rotate without haste.</summary>
    public const int Usual = 90;

    /// <summary>Days until a key ends.</summary>
    public static IReadOnlyList<int> Days { get; } = [30, Usual, 365, Never];

    /// <summary>Days that a replaced secret keeps working.</summary>
    public static IReadOnlyList<int> OverlapDays { get; } = [0, 1, 7];

    public static DateTimeOffset? EndOf(int days, DateTimeOffset now) => days == Never ? null : now.AddDays(days);
}
