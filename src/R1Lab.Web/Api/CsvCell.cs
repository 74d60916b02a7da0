namespace R1Lab.Web.Api;

/// <summary>
/// Texts in a CSV file that a spreadsheet may open. One that begins like a formula gets an apostrophe in front, which the spreadsheet shows as
/// text; so does one that already begins with apostrophes before such a sign, so that <see cref="Original"/> always finds the text again.
/// </summary>
public static class CsvCell
{
    // Spreadsheets skip tab, carriage return and line feed before a formula; East Asian ones also take full-width signs.
    private static bool BeginsFormula(char first) => first is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠';

    /// <summary>The text as it is written.</summary>
    public static string? Guarded(string? text) => IsAmbiguous(text) ? "'" + text : text;

    /// <summary>The text that was guarded.</summary>
    public static string? Original(string? cell) => cell is ['\'', .. var text] && IsAmbiguous(text) ? text : cell;

    /// <summary>Quoted as RFC 4180 asks.</summary>
    public static string Quoted(string? text) =>
        text is not null && text.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text ?? "";

    private static bool IsAmbiguous(string? text) => text?.TrimStart('\'') is [var first, ..] && BeginsFormula(first);
}
