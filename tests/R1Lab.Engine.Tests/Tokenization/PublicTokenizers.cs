using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>The public vocabularies, each loaded once for all tests, and the vectors made with Hugging Face's own library.</summary>
internal static class PublicTokenizers
{
    private static readonly ConcurrentDictionary<string, Lazy<Tokenizer>> Loaded = new();

    public static TheoryData<string> Names => ["llama-bpe", "qwen2", "deepseek-r1-qwen"];

    public static Tokenizer Load(string name)
    {
        var folder = ReferenceFiles.Public("tokenizers", name);
        return Loaded.GetOrAdd(name, _ => new Lazy<Tokenizer>(() => Tokenizer.Load(folder))).Value;
    }

    /// <summary>The vectors' texts hold U+0085, U+2028 and the like: lines end at LF only.</summary>
    public static JsonObject[] Vectors(params string[] path) =>
        [.. File.ReadAllText(ReferenceFiles.Golden(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];

    public static int[] Ids(JsonObject vector) => [.. vector["ids"]!.AsArray().Select(id => (int)id!)];
}
