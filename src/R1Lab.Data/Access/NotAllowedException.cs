namespace R1Lab.Data.Access;

/// <summary>The actor may not do that; the message says who may. Answered as 403.</summary>
public sealed class NotAllowedException : Exception
{
    public NotAllowedException() { }

    public NotAllowedException(string message) : base(message) { }

    public NotAllowedException(string message, Exception innerException) : base(message, innerException) { }
}
