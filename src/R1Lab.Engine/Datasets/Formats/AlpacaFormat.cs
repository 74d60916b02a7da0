using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Instruction, optional input and output, with the earlier turns as pairs in <c>history</c>.</summary>
internal sealed class AlpacaFormat : IRowFormat
{
    public DatasetFormat Format => DatasetFormat.Alpaca;

    public IReadOnlyList<string> Required { get; } = ["instruction", "output"];

    public IReadOnlyList<string> Optional { get; } = ["input", "history", "system", "tools", .. RowThoughts.Fields];

    public DatasetRow Read(JsonElement row)
    {
        var (instruction, input) = (RowFields.Text(row, "instruction"), RowFields.OptionalText(row, "input"));
        var turns = new List<DatasetTurn>();
        if (RowFields.OptionalText(row, "system") is { } system) turns.Add(new DatasetTurn(DatasetTurn.System, system));
        if (row.TryGetProperty("history", out var history) && history.ValueKind != JsonValueKind.Null)
        {
            foreach (var pair in RowFields.Items(history, "history")) turns.AddRange(Pair(pair));
        }

        turns.Add(new DatasetTurn(DatasetTurn.User, input is null ? instruction : $"{instruction}\n{input}"));
        turns.Add(new DatasetTurn(DatasetTurn.Assistant, RowThoughts.Joined(row, RowFields.Text(row, "output"))));
        return new ConversationRow(turns) { Tools = ToolFields.Definitions(row) };
    }

    private static DatasetTurn[] Pair(JsonElement pair)
    {
        var texts = RowFields.Items(pair, "history").Select(turn => RowFields.StringOf(turn, "history")).ToArray();
        if (texts.Length != 2) throw new RowFieldException("row_history_pairs", $"field history must hold pairs of question and answer");
        return [new DatasetTurn(DatasetTurn.User, texts[0]), new DatasetTurn(DatasetTurn.Assistant, texts[1])];
    }
}
