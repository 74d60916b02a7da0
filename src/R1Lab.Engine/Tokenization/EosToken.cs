using System.Text.Json;

namespace R1Lab.Engine.Tokenization;

/// <summary>Finds the end token of a folder's tokenizer without building the tokenizer, which takes many times as long.</summary>
internal static class EosToken
{
    /// <summary>The id that <see cref="Tokenizer.EosId"/> would be.</summary>
    /// <returns>Null where the folder has no tokenizer, it names no end token, or its files cannot be read: loading it says why.</returns>
    public static int? IdOf(string modelFolder)
    {
        var file = Path.Combine(modelFolder, TokenizerFile.FileName);
        try
        {
            if (!File.Exists(file) || SpecialTokenNames.Read(modelFolder).GetValueOrDefault("eos_token") is not { } token) return null;
            using var document = JsonField.ReadObject(file, TokenizerFile.MostBytes);
            return AddedId(document.RootElement, token) ?? VocabularyId(document.RootElement, token);
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    private static int? AddedId(JsonElement root, string token)
    {
        if (!root.TryGetProperty("added_tokens", out var added) || added.ValueKind != JsonValueKind.Array) return null;
        foreach (var entry in added.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object))
        {
            if (entry.TryGetProperty("content", out var content) && Is(content, token)) return Id(entry, "id");
        }

        return null;
    }

    private static bool Is(JsonElement content, string token) => content.ValueKind == JsonValueKind.String && content.ValueEquals(token);

    private static int? VocabularyId(JsonElement root, string token) =>
        root.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.Object
        && model.TryGetProperty("vocab", out var vocabulary) && vocabulary.ValueKind == JsonValueKind.Object
            ? Id(vocabulary, token) : null;

    private static int? Id(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number) && number >= 0
            ? number : null;
}
