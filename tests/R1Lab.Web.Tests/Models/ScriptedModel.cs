using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Web.Tests.Models;

/// <summary>
/// A real model folder with tokenizer and R1-style template whose weights make it say one text: each token's embedding is its own axis, nothing
/// is added to it on the way, and the head points to the token that follows in the script. So every text a test asks for is known beforehand.
/// </summary>
internal static class ScriptedModel
{
    public const string Thought = "I add the two numbers";
    public const string Answer = "The answer is three 🎉";

    /// <summary>What it says after a prompt that ends with an open thought.</summary>
    public const string Reply = $"{Thought}</think>{Answer}";

    public const int MaxLength = 20_000;

    private const string End = "<|end|>";
    private const int Size = 384;

    private const string Template =
        "{{ bos_token }}{% for message in messages %}" +
        "{% if message['role'] == 'user' %}<|User|>{{ message['content'] }}" +
        "{% elif message['role'] == 'assistant' %}<|Assistant|>{{ message['content'].split('</think>') | last }}" + End +
        "{% elif message['role'] == 'system' %}{{ message['content'] }}" +
        "{% else %}{{ raise_exception('unknown role ' + message['role']) }}{% endif %}{% endfor %}" +
        "{% if add_generation_prompt %}<|Assistant|>{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}{% endif %}";

    private static readonly Lazy<string> Made = new(Make);
    private static readonly Lazy<string> MadeBreaking = new(MakeBreaking);

    /// <summary>The folder; made once, gone with the process.</summary>
    public static string Folder => Made.Value;

    /// <summary>The same model, except that it breaks off in the middle of its thought: what follows "numbers" is not a number.</summary>
    public static string Breaking => MadeBreaking.Value;

    private static string Make() => Make((_, _) => { });

    private static string MakeBreaking() => Make((decoder, tokenizer) =>
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        decoder.Parameters["model.embed_tokens.weight"][tokenizer.Encode(" numbers", addSpecialTokens: false).Single()].fill_(float.NaN);
    });

    private static string Make(Action<Decoder, Tokenizer> damage)
    {
        var folder = Directory.CreateTempSubdirectory("r1lab-scripted-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var tokenizer = BpeTrainer.Train(Enumerable.Repeat($"{Thought}\nThe answer is three", 30), Vocabulary(), folder);
        using var decoder = ModelLoader.CreateRandom(Shape, ComputeDevice.Cpu, ScalarType.Float32, seed: 1);
        Teach(decoder, [.. tokenizer.Encode(Reply, addSpecialTokens: false), tokenizer.EosId!.Value]);
        damage(decoder, tokenizer);
        ModelLoader.Save(decoder, folder, ScalarType.Float32);
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), $$"""{"bos_token_id":{{tokenizer.BosId}},"eos_token_id":{{tokenizer.EosId}},"do_sample":true,"temperature":0.6,"top_p":0.95}""");
        return folder;
    }

    private static BpeTrainerSettings Vocabulary() => new()
    {
        VocabularySize = Size,
        SpecialTokens = ["<|begin|>", End, "<|User|>", "<|Assistant|>"],
        AddedTokens = ["<think>", "</think>"],
        BosToken = "<|begin|>",
        EosToken = End,
        PadToken = End,
        AddBosToken = true,
        ChatTemplate = Template,
        ModelMaxLength = MaxLength,
    };

    private static DecoderConfig Shape { get; } = new()
    {
        Family = DecoderFamily.Llama,
        VocabSize = Size,
        HiddenSize = Size,
        IntermediateSize = 16,
        LayerCount = 1,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        HeadDim = 8,
        MaxPositions = MaxLength,
    };

    private static void Teach(Decoder decoder, IReadOnlyList<int> script)
    {
        Assert.Equal(script.Count, script.Distinct().Count()); // one token, one successor
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, weight) in decoder.Parameters.Where(p => p.Key.Contains("_proj.", StringComparison.Ordinal))) weight.zero_();
        decoder.Parameters["model.embed_tokens.weight"].copy_(eye(Size));
        var next = Enumerable.Repeat((long)script[0], Size).ToArray(); // whatever else came, the script begins
        for (var i = 0; i + 1 < script.Count; i++) next[script[i]] = script[i + 1];
        decoder.Parameters["lm_head.weight"].copy_(nn.functional.one_hot(tensor(next), Size).to(ScalarType.Float32).mul(2).t());
    }
}
