using System.Text.Json;

namespace R1Lab.Engine.Tokenization;

/// <summary>The named special tokens (bos_token, eos_token, ...) of tokenizer_config.json and, for what that lacks, special_tokens_map.json.</summary>
internal static class SpecialTokenNames
{
    private static readonly string[] Names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>Name to text. Each token may be a string, null, or an object with <c>content</c>; both files may be absent.</summary>
    /// <exception cref="BadInputException">A file is broken or a token is none of these.</exception>
    public static Dictionary<string, string> Read(string folder)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in (string[])["tokenizer_config.json", "special_tokens_map.json"])
        {
            var file = Path.Combine(folder, name);
            if (!File.Exists(file)) continue;
            using var document = JsonField.ReadObject(file);
            var root = new JsonField(file, "", document.RootElement);
            foreach (var token in Names)
            {
                // A null in the first file is an answer too: the model has no such token.
                if (found.ContainsKey(token) || !root.Value.TryGetProperty(token, out _)) continue;
                found[token] = root.Optional(token) is { } field ? Content(field) : "";
            }
        }

        return found.Where(pair => pair.Value.Length > 0).ToDictionary(StringComparer.Ordinal);
    }

    private static string Content(JsonField field) => field.Value.ValueKind switch
    {
        JsonValueKind.String => field.Text(),
        JsonValueKind.Object => field.Required("content").Text(),
        _ => throw field.Wrong("token_form", $"must be a string, null, or an object with content"),
    };
}
