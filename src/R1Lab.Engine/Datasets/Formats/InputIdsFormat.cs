using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Token ids with their labels.</summary>
internal sealed class InputIdsFormat : IRowFormat
{
    public DatasetFormat Format => DatasetFormat.InputIds;

    public IReadOnlyList<string> Required { get; } = ["input_ids", "labels"];

    public IReadOnlyList<string> Optional => [];

    public DatasetRow Read(JsonElement row)
    {
        var (ids, labels) = (Integers(row, "input_ids", 0), Integers(row, "labels", TokenExample.NotTrained));
        if (ids.Length != labels.Length) throw new RowFieldException("row_ids_lengths", $"input_ids has {ids.Length} entries and labels has {labels.Length}");
        if (ids.Length == 0) throw new RowFieldException("row_field_empty", $"field {"input_ids"} is empty");
        return new TokenRow(new TokenExample(ids, labels));
    }

    private static int[] Integers(JsonElement row, string name, int least) =>
        [.. RowFields.Items(RowFields.Field(row, name), name).Select((item, i) =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && (id >= 0 || id == least)
                ? id
                : throw new RowFieldException("row_token_id", $"field {name}, entry {i + 1}: {Shorten(item.GetRawText())} is no token id"))];

    private static string Shorten(string text) => text.Length <= 40 ? text : string.Concat(text.AsSpan(0, 40), "...");
}
