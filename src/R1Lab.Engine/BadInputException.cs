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

    public string? Input { get; }

    public string? Place { get; }

    public string? Reason { get; }
}
