namespace R1Lab.Data.Access;

/// <summary>A sign-in that was signed out. A copy of its cookie may remain, so it is remembered until no such cookie can be valid any more.</summary>
public sealed class EndedSession
{
    public required string Id { get; set; }

    public DateTimeOffset EndedAt { get; set; }
}
