namespace R1Lab.Web.Serving;

/// <summary>A model cannot take another request now. Answered as 429 with Retry-After.</summary>
public sealed class ModelBusyException : Exception
{
    public ModelBusyException() { }

    public ModelBusyException(string message) : base(message) { }

    public ModelBusyException(string message, Exception innerException) : base(message, innerException) { }
}
