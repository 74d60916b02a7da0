using System.Net;

namespace R1Lab.Engine.Checkpoints;

/// <summary>A model hub did not give what was asked for. The message says which address and why, for the user.</summary>
public sealed class HubException : Exception
{
    public HubException() { }

    public HubException(string message) : base(message) { }

    public HubException(string message, Exception? innerException) : base(message, innerException) { }

    public HubException(string message, HttpStatusCode status) : base(message) => Status = status;

    /// <summary>The hub's answer; null when there was none.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>True when another endpoint may do better: this one was not reached, or failed by itself.</summary>
    public bool MirrorMayHelp { get; init; }
}
