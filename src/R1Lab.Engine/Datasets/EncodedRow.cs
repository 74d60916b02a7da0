using R1Lab.Engine.Tokenization;

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

    /// <summary>The model's chat template refuses such a conversation.</summary>
    TemplateRefuses,
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

    /// <summary>The model's chat template leaves turns of it, or its descriptions of functions, out of the prompt.</summary>
    NotWritten = 16,
}

/// <summary>An example that a row became.</summary>
/// <param name="Example">Token ids and labels, whole also where it is too long.</param>
/// <param name="PromptTokens">Tokens before its first answer, which every part of a split example begins with; null for rows of token ids, which are never split.</param>
public sealed record EncodedPart(TokenExample Example, int? PromptTokens);

/// <summary>A row as the model sees it.</summary>
/// <param name="Parts">Usually one; a conversation may need one for each answer. None where the template refuses the row.</param>
/// <param name="Omission">Why it is left out, or <see cref="RowOmission.None"/>.</param>
/// <param name="Traits">What the responses are like; nothing is known of rows of token ids.</param>
public sealed record EncodedRow(IReadOnlyList<EncodedPart> Parts, RowOmission Omission, RowTraits Traits)
{
    /// <summary>The dataset's row; null where rows have no ids.</summary>
    public int? RowId { get; init; }

    /// <summary>What the template said where it refuses the row.</summary>
    public ChatTemplateException? Refusal { get; init; }

    /// <summary>Tokens of the longest example.</summary>
    public int Length { get; } = Parts.Count == 0 ? 0 : Parts.Max(part => part.Example.Length);

    /// <summary>Whether the row is text, and not token ids.</summary>
    public bool IsText => Parts.Count == 0 || Parts[0].PromptTokens is not null;

    public bool IsTrained => Omission == RowOmission.None;

    public bool HasThought => Traits.HasFlag(RowTraits.Thought);

    /// <summary>A row of token ids all of which are learned, whatever of it is prompt.</summary>
    public bool LearnsEverything => !IsText && Parts[0].Example is var row && row.Labels[0] != TokenExample.NotTrained && row.TrainedTokens == row.Length - 1;
}

/// <summary>A row that is left out.</summary>
/// <param name="Row">Its id, or its place in the dataset.</param>
public sealed record OmittedRow(int Row, RowOmission Reason, int Tokens);
