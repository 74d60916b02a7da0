namespace R1Lab.Engine.Datasets;

/// <summary>Why a row is not trained.</summary>
public enum RowOmission
{
    /// <summary>It is trained.</summary>
    None,

    /// <summary>Longer than the length limit; an answer is never cut.</summary>
    TooLong,

    /// <summary>It has no thought and the policy leaves such rows out.</summary>
    NoThought,

    /// <summary>Its thought is opened and never closed.</summary>
    UnclosedThought,

    /// <summary>No token of it would be learned.</summary>
    NothingLearned,
}

/// <summary>What is worth knowing about a row before many of them are trained.</summary>
[Flags]
public enum RowTraits
{
    None = 0,

    /// <summary>The response holds a thought with something in it.</summary>
    Thought = 1,

    /// <summary>The marks of a thought stand there with nothing between them.</summary>
    EmptyThought = 2,

    /// <summary>The response begins with the whole prompt again: learning it is learning the prompt.</summary>
    RepeatsPrompt = 4,

    /// <summary>The response holds marks of turns that belong to the chat template: a whole conversation stands in it.</summary>
    TurnMarks = 8,
}

/// <summary>A row as the model sees it.</summary>
/// <param name="Example">Token ids and labels, whole also where the row is left out.</param>
/// <param name="Omission">Why it is left out, or <see cref="RowOmission.None"/>.</param>
/// <param name="Traits">What the response is like; nothing is known of rows of token ids.</param>
/// <param name="PromptTokens">Tokens of the prompt, which every part of a split row begins with; null for rows of token ids, which are never split.</param>
public sealed record EncodedRow(TokenExample Example, RowOmission Omission, RowTraits Traits, int? PromptTokens)
{
    /// <summary>Predictions that are scored, counted once.</summary>
    public int TrainedTokens { get; } = Example.TrainedTokens;

    public bool IsTrained => Omission == RowOmission.None;

    public bool HasThought => Traits.HasFlag(RowTraits.Thought);

    /// <summary>A row of token ids all of which are learned, whatever of it is prompt.</summary>
    public bool LearnsEverything => PromptTokens is null && Example.Labels[0] != TokenExample.NotTrained && TrainedTokens == Example.Length - 1;
}

/// <summary>A row that is left out.</summary>
/// <param name="Row">Its id, or its place in the dataset.</param>
public sealed record OmittedRow(int Row, RowOmission Reason, int Tokens);
