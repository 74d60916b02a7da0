using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Adapters;

/// <summary>An adapter that passes the check loads on that base; one that does not load is refused in the same words, by headers alone.</summary>
public sealed class AdapterFitTests : IDisposable
{
    private const string Key = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

    private static readonly Dictionary<string, (Action<string> Damage, string Named)> Damages = new()
    {
        ["tensors of a module missing"] = (folder => Tensors(folder, file =>
        {
            WeightEdits.Remove(file, Key);
            WeightEdits.Remove(file, Key.Replace("lora_A", "lora_B", StringComparison.Ordinal));
        }), "q_proj.lora_A.weight"),
        ["one of a pair missing"] = (folder => Tensors(folder, file => WeightEdits.Remove(file, Key)), "q_proj"),
        ["width of another base"] = (folder => Tensors(folder, file => WeightEdits.Reshape(file, Key, 8, 3)), "[8,3]"),
        ["rank of another adapter"] = (folder => Tensors(folder, file => WeightEdits.Reshape(file, Key, 5, 64)), "rank"),
        ["output head"] = (folder =>
        {
            Config(folder, json => json["target_modules"]!.AsArray().Add("lm_head"));
            Tensors(folder, file =>
            {
                WeightEdits.Add(file, "base_model.model.lm_head.lora_A.weight", 8, 64);
                WeightEdits.Add(file, "base_model.model.lm_head.lora_B.weight", 512, 8);
            });
        }, "lm_head"),
        ["layer the base does not have"] = (folder => Tensors(folder, file =>
        {
            WeightEdits.Add(file, "base_model.model.model.layers.40.self_attn.q_proj.lora_A.weight", 8, 64);
            WeightEdits.Add(file, "base_model.model.model.layers.40.self_attn.q_proj.lora_B.weight", 64, 8);
        }), "layers.40"),
        ["integers"] = (folder => Tensors(folder, file => WeightEdits.StoreAs(file, Key, "I32", 4)), "I32"),
        ["unsupported field"] = (folder => Config(folder, json => json["bias"] = "all"), "bias"),
    };

    private readonly TemporaryFolder _folder = new();
    private readonly Decoder _decoder = TestDecoders.Load("llama_base");

    public AdapterFitTests()
    {
        foreach (var file in Directory.GetFiles(ReferenceFiles.Golden("huggingface", "adapters", "lora"))) File.Copy(file, _folder.Path(Path.GetFileName(file)));
    }

    public static TheoryData<string> Cases => [.. Damages.Keys];

    public void Dispose()
    {
        _decoder.Dispose();
        _folder.Dispose();
    }

    [Theory, MemberData(nameof(Cases))]
    public void Check_AdapterThatDoesNotLoad_IsRefusedInTheLoadersWords(string damage)
    {
        Damages[damage].Damage(_folder.Root);

        var check = Assert.Throws<BadInputException>(() => AdapterFit.Check(_folder.Root, _decoder.Config));
        var load = Assert.Throws<BadInputException>(() => AdapterSet.Load(_decoder, _folder.Root));

        Assert.Equal(load.Message, check.Message);
        Assert.Contains(Damages[damage].Named, check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AdapterOfThisBase_PassesAndLoads()
    {
        AdapterFit.Check(_folder.Root, _decoder.Config);

        AdapterSet.Load(_decoder, _folder.Root).Dispose();
    }

    private static void Tensors(string folder, Action<string> change) => change(Path.Combine(folder, "adapter_model.safetensors"));

    private static void Config(string folder, Action<JsonNode> change)
    {
        var file = Path.Combine(folder, PeftAdapterConfig.FileName);
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }
}
