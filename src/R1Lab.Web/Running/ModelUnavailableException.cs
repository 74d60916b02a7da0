using R1Lab.Engine;

namespace R1Lab.Web.Running;

/// <summary>A model that was asked for does not exist or cannot be loaded. <see cref="Exists"/> tells which.</summary>
public sealed class ModelUnavailableException : Exception
{
    public ModelUnavailableException() { }

    public ModelUnavailableException(string message) : base(message) { }

    public ModelUnavailableException(string message, Exception? innerException) : base(message, innerException) => Exists = innerException is not null;

    public bool Exists { get; init; }

    /// <summary>Whether its files must change first: no later time is better.</summary>
    public bool IsPermanent => InnerException is BadInputException;

    /// <summary>The same with a code and values, where a reader can be told in another language; null: the message says it all.</summary>
    public Problem? Problem { get; init; }
}
