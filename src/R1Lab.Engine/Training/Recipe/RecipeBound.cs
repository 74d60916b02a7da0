using System.Globalization;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>How a number is bounded. Problems are listed in this order.</summary>
public enum BoundKind
{
    /// <summary>At least the bound.</summary>
    Least,

    /// <summary>A whole number of optimizer steps from 1 on, or a share of all steps below 1.</summary>
    Steps,

    /// <summary>At most the bound.</summary>
    Most,

    /// <summary>Below the bound.</summary>
    Below,

    /// <summary>Finite and above 0.</summary>
    Positive,
}

/// <summary>One bound of a number.</summary>
/// <param name="Value">Of kinds that have one.</param>
public sealed record RecipeBound(BoundKind Kind, double Value = 0)
{
    public bool Holds(double value) => Kind switch
    {
        BoundKind.Least => value >= Value,
        BoundKind.Steps => double.IsFinite(value) && value > 0 && (value < 1 || value == Math.Floor(value)),
        BoundKind.Most => !(value > Value),
        BoundKind.Below => !(value >= Value),
        _ => double.IsFinite(value) && value > 0,
    };

    /// <summary>What is said about a value beyond the bound.</summary>
    internal Problem Broken(string field) => Kind switch
    {
        BoundKind.Least => Error("too_small", field, "must be at least", Value),
        BoundKind.Steps => new(
            "not_steps", field, ProblemSeverity.Error,
            $"{field} must be a whole number of steps from 1 on, or a share of all steps below 1.", field),
        BoundKind.Most => Error("above_most", field, "must be at most", Value),
        BoundKind.Below => Error("too_large", field, "must be below", Value),
        _ => new("not_positive", field, ProblemSeverity.Error, $"{field} must be above 0.", field),
    };

    private static Problem Error(string code, string field, string relation, double bound) =>
        new(code, field, ProblemSeverity.Error, string.Create(CultureInfo.InvariantCulture, $"{field} {relation} {bound}."), field, bound);
}
