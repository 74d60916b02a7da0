using R1Lab.Engine;

namespace R1Lab.Web.Serving.Remote;

/// <summary>A remote endpoint did not give what was asked for. Its message never holds a key.</summary>
public sealed class EndpointException : Exception
{
    public EndpointException() { }

    public EndpointException(string message) : base(message) { }

    public EndpointException(string message, Exception? innerException) : base(message, innerException) { }

    /// <param name="code">The reason's key for translation.</param>
    /// <param name="reason">What went wrong, in English; its holes are the arguments.</param>
    /// <param name="cause">What was thrown below.</param>
    public EndpointException(string code, FormattableString reason, Exception? cause = null) : this(Fault.Of(code, reason), cause) { }

    private EndpointException(Fault fault, Exception? cause) : base(fault.Message, cause) => Fault = fault;

    public Fault? Fault { get; }

    /// <summary>True when the endpoint was not reached at all, so that the same request may be sent again.</summary>
    public bool MayRetry { get; init; }
}
