using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Data.Datasets;

namespace R1Lab.Tests.Shared;

/// <summary>Rows as tests of stores need them.</summary>
public static class TestRows
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A question and its answer.</summary>
    public static NewRow Pair(string prompt, string response) => new(
        RowKinds.Conversation,
        $"{{\"messages\":[{{\"role\":\"user\",\"content\":{Json(prompt)}}},{{\"role\":\"assistant\",\"content\":{Json(response)}}}]}}",
        $"{prompt}\n{response}",
        $"{{\"prompt\": {Json(prompt)}, \"response\": {Json(response)}}}");

    /// <summary>Token ids and labels, each a JSON array.</summary>
    public static NewRow Ids(string ids, string labels)
    {
        var content = $"{{\"input_ids\":{ids},\"labels\":{labels}}}";
        return new NewRow(RowKinds.Tokens, content, content, content);
    }

    public static string Prompt(this DatasetRowEntity row) => Text(row, 0);

    public static string Response(this DatasetRowEntity row) => Text(row, 1);

    private static string Text(DatasetRowEntity row, int turn) => (string)JsonNode.Parse(row.Content)!["messages"]![turn]!["content"]!;

    private static string Json(string text) => JsonSerializer.Serialize(text, Plain);
}
