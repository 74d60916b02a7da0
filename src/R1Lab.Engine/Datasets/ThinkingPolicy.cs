using System.Text.Json.Serialization;

namespace R1Lab.Engine.Datasets;

/// <summary>
/// What training does to the thought of a model that thinks between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>. A model without these marks
/// is trained on the response as it stands, whatever the policy.
/// </summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ThinkingPolicy>))]
public enum ThinkingPolicy
{
    /// <summary>Thought and answer are learned. A row without a thought teaches its answer only, behind an empty thought that is shown and not learned.</summary>
    KeepThoughts,

    /// <summary>Only answers are learned; the row's thought (or an empty one) is shown and not learned.</summary>
    AnswerOnly,

    /// <summary>Rows without a thought are left out and listed.</summary>
    DropRowsWithoutThought,

    /// <summary>The model is taught to answer at once: thoughts are taken out, and a prompt that opens a thought is closed again as a learned text.</summary>
    NoThinking,
}
