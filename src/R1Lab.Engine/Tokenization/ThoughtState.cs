namespace R1Lab.Engine.Tokenization;

/// <summary>Where a text stands between thought and answer.</summary>
public enum ThoughtState
{
    /// <summary>Neither has started.</summary>
    None,

    /// <summary>Inside a thought.</summary>
    Open,

    /// <summary>Behind a thought, before the first words of the answer.</summary>
    Closed,

    /// <summary>The answer has started: no thought opens any more.</summary>
    Answer,
}
