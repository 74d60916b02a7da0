namespace R1Lab.Engine.Native;

/// <summary>The native tensor library is missing, does not load, or refused an operator call.</summary>
public sealed class LibTorchException : Exception
{
    public LibTorchException() { }

    public LibTorchException(string message) : base(message) { }

    public LibTorchException(string message, Exception innerException) : base(message, innerException) { }
}
