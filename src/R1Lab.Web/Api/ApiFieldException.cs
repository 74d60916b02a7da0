namespace R1Lab.Web.Api;

/// <summary>A field of a request has a value that cannot be used. Answered as 400 with the field's name in <c>param</c>.</summary>
public sealed class ApiFieldException : Exception
{
    public ApiFieldException() { }

    public ApiFieldException(string message) : base(message) { }

    public ApiFieldException(string message, Exception innerException) : base(message, innerException) { }

    public ApiFieldException(string field, string message) : base(message) => Field = field;

    public string? Field { get; }
}
