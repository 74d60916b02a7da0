using System.Text.Json.Serialization;

namespace R1Lab.Engine.Datasets;

/// <summary>Which tokens of a conversation are learned.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TrainOn>))]
public enum TrainOn
{
    /// <summary>Every assistant turn that is not marked as only shown.</summary>
    [FormerName("every_answer")]
    AllAssistantTurns,

    /// <summary>The last assistant turn; earlier ones are shown.</summary>
    [FormerName("last_answer")]
    LastTurn,

    /// <summary>The whole text that the model sees at the last assistant turn, questions and system text included, as a language-modelling collator learns it.</summary>
    WholeText,
}
