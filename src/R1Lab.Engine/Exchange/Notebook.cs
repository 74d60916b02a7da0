using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Jupyter's notebooks (<c>.ipynb</c>): Python in cells of a JSON text.</summary>
internal static class Notebook
{
    /// <summary>The code cells one after the other; any other text as it is.</summary>
    public static string CodeOf(string text, ImportBudget budget)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{") || !text.Contains("\"cells\"", StringComparison.Ordinal)) return text;
        try
        {
            if (JsonNode.Parse(text) is not JsonObject notebook || notebook["cells"] is not JsonArray cells) return text;
            return string.Join('\n', cells.OfType<JsonObject>().Where(cell => Setting.TextOf(cell["cell_type"]) == "code").Select(cell => Source(cell["source"], budget)).Where(IsPython));
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return text;
        }
    }

    // "%%bash" and its like say what the cell is written in.
    private static bool IsPython(string source) =>
        source.AsSpan().TrimStart() is var start && (!start.StartsWith("%%") || start.StartsWith("%%capture") || start.StartsWith("%%time"));

    private static string Source(JsonNode? source, ImportBudget budget)
    {
        budget.Check();
        return source is JsonArray lines ? string.Concat(lines.Select(Setting.TextOf)) : Setting.TextOf(source);
    }
}
