namespace R1Lab.Engine.Generation;

/// <summary>A model cannot be asked what it is asked: no later time is better.</summary>
public sealed class AskRefusedException : Exception
{
    public AskRefusedException() { }

    public AskRefusedException(string message) : base(message) { }

    public AskRefusedException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="field">The field of the request that must change.</param>
    /// <param name="code">The reason's key for translation.</param>
    /// <param name="reason">What is wrong, in English; its holes are the arguments.</param>
    public AskRefusedException(string field, string code, FormattableString reason) : this(field, Fault.Of(code, reason)) { }

    /// <param name="problem">A setting that cannot be used.</param>
    public AskRefusedException(Problem problem) : base(problem.Message) => (Field, Problem) = (problem.Field, problem);

    private AskRefusedException(string field, Fault fault) : base(fault.Message) => (Field, Fault) = (field, fault);

    /// <summary>The field of the request that must change.</summary>
    public string? Field { get; }

    /// <summary>The reason as a code; null where <see cref="Problem"/> has it.</summary>
    public Fault? Fault { get; }

    /// <summary>The setting that cannot be used; null where something else is wrong.</summary>
    public Problem? Problem { get; }
}
