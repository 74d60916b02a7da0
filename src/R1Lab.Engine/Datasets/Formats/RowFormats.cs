using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Every format of rows, in the order in which a file's rows are compared with them.</summary>
internal static class RowFormats
{
    public static readonly IReadOnlyList<IRowFormat> All =
    [
        new InputIdsFormat(),
        new TextPairFormat(DatasetFormat.PromptResponse, "prompt", "response"),
        new TextPairFormat(DatasetFormat.PromptCompletion, "prompt", "completion"),
        new AlpacaFormat(),
        new MessagesFormat(),
        new ShareGptFormat(),
    ];

    /// <exception cref="ArgumentOutOfRangeException"><see cref="DatasetFormat.Auto"/> is no format of rows.</exception>
    public static IRowFormat Of(DatasetFormat format) => All.FirstOrDefault(one => one.Format == format)
        ?? throw new ArgumentOutOfRangeException(nameof(format), format, "no format of rows");

    /// <summary>The first format whose fields a row has.</summary>
    /// <param name="row">A JSON object.</param>
    public static IRowFormat? Matching(JsonElement row) => All.FirstOrDefault(format => format.Required.All(field => row.TryGetProperty(field, out _)));
}
