using System.Text;
using System.Text.Json;

namespace R1Lab.Web.Serving.Remote;

/// <summary>The sentence in an error that a server sent, whatever its shape.</summary>
internal static class RemoteError
{
    public const int Longest = 300;

    private static readonly string[] Fields = ["error", "message", "detail", "msg", "errors", "error_message"];

    /// <summary>The text of an error's body; null when there is none.</summary>
    /// <param name="body">JSON or plain text.</param>
    /// <param name="key">Blotted out where the server repeats it.</param>
    public static string? In(ReadOnlySpan<byte> body, string? key)
    {
        var text = Encoding.UTF8.GetString(body);
        try
        {
            using var json = JsonDocument.Parse(text);
            return In(json.RootElement, key);
        }
        catch (JsonException)
        {
            return text.TrimStart().StartsWith('<') ? null : Clean(text, key); // a page of a proxy says nothing
        }
    }

    /// <summary>The text of an error; null when there is none.</summary>
    public static string? In(JsonElement error, string? key) => Clean(Text(error, depth: 0), key);

    private static string? Text(JsonElement error, int depth) => error.ValueKind switch
    {
        JsonValueKind.String => error.GetString(),
        JsonValueKind.Array when depth < 4 => string.Join("; ", error.EnumerateArray().Take(3).Select(one => Text(one, depth + 1)).OfType<string>()),
        JsonValueKind.Object when depth < 4 => Fields.Where(field => error.TryGetProperty(field, out _))
            .Select(field => Text(error.GetProperty(field), depth + 1)).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text)),
        _ => null,
    };

    private static string? Clean(string? text, string? key)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (!string.IsNullOrEmpty(key)) text = text.Replace(key, "…", StringComparison.Ordinal);
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length <= Longest ? line : $"{line[..Longest]}…";
    }
}
