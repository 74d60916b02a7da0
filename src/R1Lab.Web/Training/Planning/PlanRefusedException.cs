using R1Lab.Engine;

namespace R1Lab.Web.Training;

/// <summary>A run cannot start as planned. Carries the problem, so that pages can show it in the reader's language.</summary>
public sealed class PlanRefusedException : Exception
{
    public PlanRefusedException() { }

    public PlanRefusedException(string message) : base(message) { }

    public PlanRefusedException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="problem">The first error of the plan.</param>
    public PlanRefusedException(Problem problem) : base($"{problem.Field}: {problem.Message}") => Problem = problem;

    public Problem? Problem { get; }
}
