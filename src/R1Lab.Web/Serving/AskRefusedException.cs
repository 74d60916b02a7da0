using R1Lab.Engine;

namespace R1Lab.Web.Serving;

/// <summary>A model cannot be asked what it is asked: no later time is better. The API answers 400 with the field in <c>param</c>.</summary>
public sealed class AskRefusedException : Exception
{
    public AskRefusedException() { }

    public AskRefusedException(string message) : base(message) { }

    public AskRefusedException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="field">The field that must change.</param>
    /// <param name="code">The reason's key for translation.</param>
    /// <param name="reason">What is wrong, in English; its holes are the arguments.</param>
    public AskRefusedException(string field, string code, FormattableString reason) : this(field, Fault.Of(code, reason)) { }

    private AskRefusedException(string field, Fault fault) : base(fault.Message) => (Field, Fault) = (field, fault);

    public string? Field { get; }

    public Fault? Fault { get; }
}
