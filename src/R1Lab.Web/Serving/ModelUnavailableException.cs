using R1Lab.Engine;

namespace R1Lab.Web.Serving;

/// <summary>A model that was asked for does not exist or cannot be loaded. <see cref="Exists"/> tells which.</summary>
public sealed class ModelUnavailableException : Exception
{
    public ModelUnavailableException() { }

    public ModelUnavailableException(string message) : base(message) { }

    public ModelUnavailableException(string message, Exception? innerException) : base(message, innerException) => Exists = innerException is not null;

    /// <param name="code">The reason's key for translation.</param>
    /// <param name="reason">Why, in English; its holes are the arguments.</param>
    /// <param name="cause">What went wrong with its files or its device; null for a model that does not exist.</param>
    public ModelUnavailableException(string code, FormattableString reason, Exception? cause = null) : this(Fault.Of(code, reason), cause) { }

    /// <param name="problem">Why a model that exists cannot be used now.</param>
    public ModelUnavailableException(Problem problem) : base(problem.Message) => (Problem, Exists) = (problem, true);

    private ModelUnavailableException(Fault fault, Exception? cause) : base(fault.Message, cause) => (Fault, Exists) = (fault, cause is not null);

    public bool Exists { get; init; }

    /// <summary>Whether its files must change first: no later time is better.</summary>
    public bool IsPermanent => InnerException is BadInputException;

    /// <summary>The reason as a code; null where <see cref="Problem"/> has it.</summary>
    public Fault? Fault { get; }

    /// <summary>The reason with a code and values of a page; null where <see cref="Fault"/> has it.</summary>
    public Problem? Problem { get; }
}
