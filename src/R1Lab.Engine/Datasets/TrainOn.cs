using System.Text.Json.Serialization;

namespace R1Lab.Engine.Datasets;

/// <summary>Which tokens of a conversation are learned.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TrainOn>))]
public enum TrainOn
{
    /// <summary>Every answer that is not marked as only shown.</summary>
    EveryAnswer,

    /// <summary>The last answer; earlier ones are shown.</summary>
    LastAnswer,

    /// <summary>The whole text that the model sees at the last answer, questions and system text included, as a language-modelling collator learns it.</summary>
    WholeText,
}
