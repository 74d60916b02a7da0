using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using static TorchSharp.torch;

namespace R1Lab.Web.Tests.Models;

/// <summary>
/// A model folder whose answer to every prompt is a chosen list of tokens, each with chosen bytes: the next token is a table, as in
/// <see cref="ScriptedModel"/>. No two pieces may be equal.
/// </summary>
internal sealed record PieceModel(params IReadOnlyList<byte[]> Pieces)
{
    public const string End = "<|eos|>";
    public const string OtherEnd = "<|end|>";

    private const int Bytes = 256;

    /// <summary>The token after the last piece.</summary>
    public int EndId => Bytes + Pieces.Count(piece => piece.Length > 1);

    public int OtherEndId => EndId + 1;

    /// <summary>The tokenizer's end token.</summary>
    public string TokenizerEnd { get; init; } = End;

    /// <summary>Fields of config.json in place of the usual ones.</summary>
    public JsonObject Config { get; init; } = [];

    /// <summary>generation_config.json; null leaves it out.</summary>
    public string? Generation { get; init; }

    // Rotary positions and heads want an even number; the tokenizer may have fewer tokens than the embedding has rows.
    private int Size => OtherEndId + 1 + ((OtherEndId + 1) % 2);

    /// <summary>Pieces of text as UTF-8, or of bytes in hexadecimal after a <c>#</c>.</summary>
    public static PieceModel Of(params string[] pieces) => new([.. pieces.Select(piece => piece.StartsWith('#') ? Convert.FromHexString(piece[1..]) : System.Text.Encoding.UTF8.GetBytes(piece))]);

    public string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        using (var decoder = ModelLoader.CreateRandom(Shape, ComputeDevice.Cpu, ScalarType.Float32, seed: 1))
        {
            Teach(decoder);
            ModelLoader.Save(decoder, folder, ScalarType.Float32);
        }

        var path = Path.Combine(folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config["eos_token_id"] = EndId;
        foreach (var (name, value) in Config) config[name] = value?.DeepClone();
        File.WriteAllText(path, config.ToJsonString());
        if (Generation is not null) File.WriteAllText(Path.Combine(folder, "generation_config.json"), Generation);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer().ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), new JsonObject
        {
            ["eos_token"] = TokenizerEnd,
            ["chat_template"] = "{% for message in messages %}{{ message.content }}{% endfor %}{% if add_generation_prompt %}?{% endif %}",
        }.ToJsonString());
        return folder;
    }

    private DecoderConfig Shape => new()
    {
        Family = DecoderFamily.Llama,
        VocabSize = Size,
        HiddenSize = Size,
        IntermediateSize = 16,
        LayerCount = 1,
        HeadCount = 2,
        KeyValueHeadCount = 2,
        HeadDim = 8,
        MaxPositions = 512,
    };

    private IEnumerable<int> Ids => Pieces.Select((piece, index) => piece.Length == 1 ? piece[0] : Bytes + Pieces.Take(index).Count(before => before.Length > 1));

    private void Teach(Decoder decoder)
    {
        int[] script = [.. Ids, EndId, EndId];
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (_, weight) in decoder.Parameters.Where(p => p.Key.Contains("_proj.", StringComparison.Ordinal))) weight.zero_();
        decoder.Parameters["model.embed_tokens.weight"].copy_(eye(Size));
        var next = Enumerable.Repeat((long)script[0], Size).ToArray(); // whatever else came, the script starts
        for (var i = 0; i + 1 < script.Length; i++) next[script[i]] = script[i + 1];
        decoder.Parameters["lm_head.weight"].copy_(nn.functional.one_hot(tensor(next), Size).to(ScalarType.Float32).mul(2).t());
    }

    private JsonObject Tokenizer()
    {
        var vocabulary = new JsonObject();
        for (var value = 0; value < Bytes; value++) vocabulary[Letters([(byte)value])] = value;
        foreach (var (piece, id) in Pieces.Zip(Ids).Where(pair => pair.First.Length > 1)) vocabulary[Letters(piece)] = id;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Special(EndId, End), Special(OtherEndId, OtherEnd)),
            ["pre_tokenizer"] = ByteLevel(),
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        };
    }

    private static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };

    private static JsonObject Special(int id, string content) => new() { ["id"] = id, ["content"] = content, ["special"] = true };

    // GPT-2's byte alphabet: visible Latin-1 stands for itself, the rest follows from U+0100 on.
    private static string Letters(byte[] bytes)
    {
        static bool IsVisible(int value) => value is >= 0x21 and <= 0x7E or >= 0xA1 and <= 0xAC or >= 0xAE;
        return string.Concat(bytes.Select(value => IsVisible(value) ? (char)value : (char)(0x100 + Enumerable.Range(0, value).Count(b => !IsVisible(b)))));
    }
}
