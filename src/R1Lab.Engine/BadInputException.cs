namespace R1Lab.Engine;

/// <summary>
/// A file or value that came from outside is not what it must be. The message names the file, the place and the reason, in the user's words.
/// </summary>
public sealed class BadInputException : Exception
{
    public BadInputException() { }

    public BadInputException(string message) : base(message) { }

    public BadInputException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="source">File path or other source as the user knows it.</param>
    /// <param name="place">Where in it: a tensor, a line, a field; null for the whole.</param>
    /// <param name="reason">What is wrong.</param>
    public BadInputException(string source, string? place, string reason)
        : base(place is null ? $"{source}: {reason}" : $"{source}: {place}: {reason}")
    {
        Input = source;
        Place = place;
        Reason = reason;
    }

    /// <param name="source">File path or other source as the user knows it.</param>
    /// <param name="place">Where in it: a tensor, a line, a field; null for the whole.</param>
    /// <param name="fault">What is wrong.</param>
    public BadInputException(string source, string? place, Fault fault) : this(source, place, fault.Message) => Fault = fault;

    /// <param name="source">File path or other source as the user knows it.</param>
    /// <param name="place">Where in it: a tensor, a line, a field; null for the whole.</param>
    /// <param name="code">The reason's key for translation.</param>
    /// <param name="reason">What is wrong, in English; its holes are the arguments.</param>
    public BadInputException(string source, string? place, string code, FormattableString reason) : this(source, place, Fault.Of(code, reason)) { }

    /// <summary>The reason as a code; null where it has none yet.</summary>
    public Fault? Fault { get; }

    public string? Input { get; }

    public string? Place { get; }

    public string? Reason { get; }
}
