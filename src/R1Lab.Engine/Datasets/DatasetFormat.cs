using System.Text.Json.Serialization;

namespace R1Lab.Engine.Datasets;

/// <summary>What one line of a JSONL file holds. Its public names are the snake_case spellings, for example <c>prompt_response</c>.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<DatasetFormat>))]
public enum DatasetFormat
{
    /// <summary>Decided from the keys of the first rows.</summary>
    Auto,

    /// <summary><c>{"prompt","response"}</c>; other keys are kept as given.</summary>
    PromptResponse,

    /// <summary><c>{"input_ids","labels"}</c>: token ids, trained exactly as they are; -100 in labels is not trained.</summary>
    InputIds,

    /// <summary><c>{"instruction","input"?,"output","system"?,"history"?}</c>.</summary>
    Alpaca,

    /// <summary><c>{"prompt","completion"}</c> as text.</summary>
    PromptCompletion,

    /// <summary><c>{"messages":[{"role","content"}], "tools"?, "system"?}</c>.</summary>
    Messages,

    /// <summary><c>{"conversations":[{"from","value"}], "tools"?, "system"?}</c>.</summary>
    [JsonStringEnumMemberName("sharegpt")]
    ShareGpt,
}

/// <summary>The public spelling of <see cref="DatasetFormat"/>.</summary>
public static class DatasetFormatNames
{
    /// <summary><c>prompt_response</c> and so on.</summary>
    public static string Name(this DatasetFormat format) => SnakeCase.Of(format);

    /// <summary>Reads a public name; null when it is none.</summary>
    public static DatasetFormat? Parse(string name) => SnakeCase.Parse<DatasetFormat>(name);
}
