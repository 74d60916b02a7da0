using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Two fields of text, and a system text where there is one.</summary>
internal sealed class TextPairFormat(DatasetFormat format, string prompt, string response) : IRowFormat
{
    public DatasetFormat Format => format;

    public IReadOnlyList<string> Required { get; } = [prompt, response];

    public IReadOnlyList<string> Optional { get; } = ["system", "tools", .. RowThoughts.Fields];

    public DatasetRow Read(JsonElement row) =>
        ConversationRow.Of(RowFields.Text(row, prompt), RowThoughts.Joined(row, RowFields.Text(row, response)), RowFields.OptionalText(row, "system")) with
        {
            Tools = ToolFields.Definitions(row),
        };
}
