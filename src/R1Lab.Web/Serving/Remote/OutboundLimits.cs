namespace R1Lab.Web.Serving.Remote;

/// <summary>What an answer from outside may take at most.</summary>
public sealed record OutboundLimits
{
    /// <summary>Name look-up, connection and TLS handshake.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request to the answer's status. A server that ignores <c>stream</c> says nothing before it has finished.</summary>
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Between two pieces of the answer.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>From the request to the end of the answer.</summary>
    public TimeSpan Whole { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>For what may follow an answer that says that it ended: the count of its tokens, and the end of the stream.</summary>
    public TimeSpan AfterEnd { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of an answer.</summary>
    public int Bytes { get; init; } = 64 << 20;

    /// <summary>Bytes of one event of a stream.</summary>
    public int EventBytes { get; init; } = 1 << 20;

    /// <summary>How often a request is sent again that no part of an answer came for.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>Wait before the first retry where the server names none; doubled for the next.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest <c>Retry-After</c> that is waited for.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The same for an answer that must be there sooner.</summary>
    public OutboundLimits Within(TimeSpan time) => this with { FirstByte = time < FirstByte ? time : FirstByte, Whole = time < Whole ? time : Whole };
}
