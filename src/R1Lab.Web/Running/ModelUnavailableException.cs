namespace R1Lab.Web.Running;

/// <summary>A model that was asked for does not exist or cannot be loaded. <see cref="Exists"/> tells which.</summary>
public sealed class ModelUnavailableException : Exception
{
    public ModelUnavailableException() { }

    public ModelUnavailableException(string message) : base(message) { }

    public ModelUnavailableException(string message, Exception? innerException) : base(message, innerException) => Exists = innerException is not null;

    public bool Exists { get; init; }
}
