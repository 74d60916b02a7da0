namespace R1Lab.Engine.Tokenization;

/// <summary>
/// A chat template could not be read or refused the conversation: it is malformed, it raised an exception of its own (a role it does not
/// know), or it went beyond the limits. The message is meant for the user.
/// </summary>
public sealed class ChatTemplateException : Exception
{
    public ChatTemplateException() { }

    public ChatTemplateException(string message) : base(message) { }

    public ChatTemplateException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="line">Line of the template, counted from 1.</param>
    /// <param name="reason">What is wrong there.</param>
    public ChatTemplateException(int line, string reason) : base($"chat template, line {line}: {reason}")
    {
        Line = line;
        Reason = reason;
    }

    public int? Line { get; }

    /// <summary>The message without the place; for <c>raise_exception</c> the template's own words.</summary>
    public string? Reason { get; }
}
