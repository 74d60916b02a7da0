using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Adapters;

public sealed class AdapterSetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("r1lab-adapter-").FullName;
    private readonly Decoder _decoder = TestDecoders.Load("llama_base");

    public static TheoryData<string> Adapters => ["lora", "rslora", "dora", "lora_patterns", "lora_qv_r4"];

    public void Dispose()
    {
        _decoder.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory, MemberData(nameof(Adapters))]
    public void Load_PeftFolder_GivesPeftsLogitsLiveAndMerged(string name)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "train", $"adapter_{name}.safetensors");
        using var adapter = AdapterSet.Load(_decoder, Folder(name), trainable: false);

        var live = _decoder.Forward(golden["probe.input_ids"], new() { Adapter = adapter });
        adapter.MergeInto(_decoder);
        var merged = _decoder.Forward(golden["probe.input_ids"], new());

        Assert.InRange(GoldenTensors.Distance(live, golden["probe.logits"]), 0, 1e-4f);
        Assert.InRange(GoldenTensors.Distance(merged, golden["merged.logits"]), 0, 1e-4f);
        Assert.All(golden.Where(g => _decoder.Parameters.ContainsKey(g.Key["merged.".Length..])), g =>
            Assert.InRange(GoldenTensors.Distance(_decoder.Parameters[g.Key["merged.".Length..]], g.Value), 0, 1e-6f));
    }

    [Theory, MemberData(nameof(Adapters))]
    public void Backward_OverDatasetRows_GivesPeftsGradients(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "train", $"adapter_{name}.safetensors");
        using var adapter = AdapterSet.Load(_decoder, Folder(name));
        var (ids, mask, labels) = FirstRows();

        var logits = _decoder.Forward(ids, new() { Adapter = adapter, AttentionMask = mask, Training = true });
        var loss = nn.functional.cross_entropy(logits.narrow(1, 0, ids.size(1) - 1).reshape(-1, 512), labels.narrow(1, 1, ids.size(1) - 1).reshape(-1), ignore_index: -100);
        loss.backward();

        Assert.Equal(golden["batch.loss"].item<float>(), loss.item<float>(), 2e-5f);
        var expected = golden.Where(g => g.Key.StartsWith("grad.", StringComparison.Ordinal)).ToDictionary(g => g.Key["grad.".Length..].Replace("magnitude_vector.weight", "magnitude_vector", StringComparison.Ordinal), g => g.Value);
        Assert.Equal(expected.Keys.Order(), adapter.Parameters.Keys.Order());
        Assert.All(expected, e => Assert.InRange(GoldenTensors.Distance(adapter.Parameters[e.Key].grad!, e.Value) / e.Value.abs().max().item<float>(), 0, 1e-4f));
    }

    [Theory, MemberData(nameof(Adapters))]
    public void Save_LoadedAgain_IsTheSameAdapter(string name)
    {
        using var scope = NewDisposeScope();
        using var adapter = AdapterSet.Load(_decoder, Folder(name));

        adapter.Save(_folder, "some/base");
        using var again = AdapterSet.Load(_decoder, _folder);

        Assert.Equal(adapter.Parameters.Keys, again.Parameters.Keys);
        Assert.All(adapter.Parameters, p => Assert.True(p.Value.Equals(again.Parameters[p.Key])));
        Assert.Equal("some/base", again.Peft.BaseModelNameOrPath);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Folder(name), "adapter_model.safetensors")), File.ReadAllBytes(Path.Combine(_folder, "adapter_model.safetensors")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_Fresh_ChangesNothingAndStartsAsPeft(bool dora)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ids = arange(0, 20, ScalarType.Int64).unsqueeze(0);
        using var adapter = AdapterSet.Create(_decoder, new LoraSettings { R = 4, UseDora = dora, TargetModules = ["q_proj", "mlp.down_proj"] }, seed: 3);

        var difference = GoldenTensors.Distance(_decoder.Forward(ids, new() { Adapter = adapter }), _decoder.Forward(ids, new()));

        Assert.InRange(difference, 0, dora ? 1e-5f : 0);
        Assert.Equal(3 * 2 * (dora ? 3 : 2), adapter.Parameters.Count);
        var a = adapter.Parameters["base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight"];
        Assert.Equal([4L, 64L], a.shape);
        Assert.InRange(a.abs().max().item<float>(), 0.11f, 0.125f); // bound 1/sqrt(64)
        Assert.All(adapter.Parameters.Values, p => Assert.True(p.requires_grad));
    }

    [Fact]
    public void Create_SameSeed_SameWeights()
    {
        using var scope = NewDisposeScope();
        using var first = AdapterSet.Create(_decoder, new LoraSettings(), seed: 7);
        _ = rand(5); // the process-wide generator has no part in it
        using var second = AdapterSet.Create(_decoder, new LoraSettings(), seed: 7);
        using var other = AdapterSet.Create(_decoder, new LoraSettings(), seed: 8);

        const string key = "base_model.model.model.layers.2.mlp.up_proj.lora_A.weight";
        Assert.True(first.Parameters[key].Equals(second.Parameters[key]));
        Assert.False(first.Parameters[key].Equals(other.Parameters[key]));
    }

    [Fact]
    public void Create_TargetNotInTheModel_IsRefused()
    {
        var e = Assert.Throws<BadInputException>(() => AdapterSet.Create(_decoder, new LoraSettings { TargetModules = ["query_key_value"] }, 1));

        Assert.Contains("query_key_value", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AdapterOfALargerModel_NamesTheTensor()
    {
        using var larger = ModelLoader.CreateRandom(_decoder.Config with { HiddenSize = 96, HeadCount = 6, KeyValueHeadCount = 3 }, ComputeDevice.Cpu, ScalarType.Float32, 1);

        var e = Assert.Throws<BadInputException>(() => AdapterSet.Load(larger, Folder("lora")));

        Assert.Contains("q_proj.lora_A", e.Message, StringComparison.Ordinal);
        Assert.Contains("adapter_model.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dropout_IsRepeatedByItsSeedAloneAndOffOutsideTraining(bool dora)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var adapter = AdapterSet.Create(_decoder, new LoraSettings { LoraDropout = 0.3, UseDora = dora }, 5);
        foreach (var (key, parameter) in adapter.Parameters.Where(p => p.Key.Contains("lora_B", StringComparison.Ordinal))) parameter.normal_(0, 0.1, new Generator(1));
        var ids = arange(0, 20, ScalarType.Int64).unsqueeze(0);
        Tensor Run(long seed, bool training = true) => _decoder.Forward(ids, new() { Adapter = adapter, Training = training, DropoutSeed = seed });

        var first = Run(11);
        _ = rand(100);
        var repeated = Run(11);
        var other = Run(12);
        var (off, offAgain) = (Run(11, training: false), Run(12, training: false));

        Assert.True(first.Equals(repeated));
        Assert.False(first.Equals(other));
        Assert.False(first.Equals(off));
        Assert.True(off.Equals(offAgain));
    }

    [Fact]
    public void Forward_AnAdapterARow_EqualsEachAlone()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var lora = AdapterSet.Load(_decoder, Folder("lora"), trainable: false);
        using var dora = AdapterSet.Load(_decoder, Folder("dora"), trainable: false);
        using var narrow = AdapterSet.Load(_decoder, Folder("lora_qv_r4"), trainable: false);
        var rows = new AdapterSet?[] { null, lora, lora, dora, narrow };
        var ids = arange(0, 5 * 12, ScalarType.Int64).view(5, 12);

        var together = _decoder.Forward(ids, new() { RowAdapters = rows });

        Assert.All(Enumerable.Range(0, rows.Length), i =>
            Assert.InRange(GoldenTensors.Distance(together.narrow(0, i, 1), _decoder.Forward(ids.narrow(0, i, 1), new() { Adapter = rows[i] })), 0, 2e-5f));
    }

    private static string Folder(string name) => ReferenceFiles.Golden("huggingface", "adapters", name);

    // Rows 0..3 right padded to the longest, as the golden batch was made.
    private static (Tensor Ids, Tensor Mask, Tensor Labels) FirstRows()
    {
        var rows = JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("huggingface", "golden", "train", "dataset.json")))!.AsArray().Take(4).ToList();
        long[] Values(int row, string field) => [.. rows[row]![field]!.AsArray().Select(v => (long)v!)];
        var length = Enumerable.Range(0, 4).Max(i => Values(i, "input_ids").Length);
        Tensor Padded(string field, long filler) => stack(Enumerable.Range(0, 4).Select(i => tensor([.. Values(i, field), .. Enumerable.Repeat(filler, length - Values(i, field).Length)])));
        var mask = stack(Enumerable.Range(0, 4).Select(i => arange(length).less(Values(i, "input_ids").Length).to(ScalarType.Int64)));
        return (Padded("input_ids", 0), mask, Padded("labels", -100));
    }
}
