using R1Lab.Engine.Checkpoints;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_GoldenModel_KnowsItsDefaults()
    {
        var folder = ModelFolder.Open(ReferenceFiles.Golden("huggingface", "models", "qwen2"));

        Assert.Equal(ModelFolderKind.Model, folder.Kind);
        Assert.Equal("qwen2", (string?)folder.ConfigJson["model_type"]);
        Assert.Equal([2], folder.Generation.EosTokenIds);
        Assert.Equal(folder.Generation with { BosTokenId = 1, PadTokenId = 0, DoSample = false, Temperature = 1, TopP = 1, TopK = 0, RepetitionPenalty = null }, folder.Generation);
        Assert.False(folder.HasTokenizer);
    }

    [Fact]
    public void Open_GoldenAdapter_IsAnAdapter()
    {
        var folder = ModelFolder.Open(ReferenceFiles.Golden("huggingface", "adapters", "dora"));

        Assert.Equal((ModelFolderKind.Adapter, true), (folder.Kind, folder.Adapter!.UseDora));
        Assert.Equal(64, folder.Fingerprint.Length);
    }

    [Fact]
    public void Fingerprint_OneWeightChanged_Differs()
    {
        using var scope = NewDisposeScope();
        foreach (var name in (string[])["a", "b", "c"])
        {
            Directory.CreateDirectory(_folder.Path(name));
            File.WriteAllText(_folder.Path(name, "config.json"), "{}");
            SafetensorsWriter.Write(_folder.Path(name, "model.safetensors"), [new("w", full(10, name == "c" ? 2f : 1f))]);
        }

        var prints = Array.ConvertAll((string[])["a", "b", "c"], n => ModelFolder.Open(_folder.Path(n)).Fingerprint);

        Assert.Equal(prints[0], prints[1]);
        Assert.NotEqual(prints[0], prints[2]);
    }

    /// <summary>Everything that decides how a model is asked is part of its fingerprint; its weights are the same, and a run may go on with them.</summary>
    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("special_tokens_map.json")]
    [InlineData("chat_template.jinja")]
    [InlineData("additional_chat_templates/tool_use.jinja")]
    [InlineData("generation_config.json")]
    public void Fingerprint_OneTextFileChanged_DiffersAndThatOfTheWeightsDoesNot(string file)
    {
        foreach (var source in Directory.GetFiles(ReferenceFiles.Golden("huggingface", "models", "qwen2"))) File.Copy(source, _folder.Path(Path.GetFileName(source)));
        var path = _folder.Path(file.Split('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        var prints = Array.ConvertAll((string?[])[null, "{}", "{ }", "{}"], text =>
        {
            if (text is null) File.Delete(path);
            else File.WriteAllText(path, text);
            var folder = ModelFolder.Open(_folder.Root);
            return (folder.Fingerprint, folder.WeightsFingerprint, Text: ModelFolder.TextFingerprintOf(_folder.Root));
        });

        Assert.Equal(3, prints.Select(print => print.Fingerprint).Distinct().Count());
        Assert.Equal(3, prints.Select(print => print.Text).Distinct().Count());
        Assert.Equal(prints[1], prints[3]);
        Assert.Single(prints.Select(print => print.WeightsFingerprint).Distinct());
    }

    [Theory]
    [InlineData(ScalarType.Float32, "float32")]
    [InlineData(ScalarType.BFloat16, "bfloat16")]
    [InlineData(ScalarType.Float16, "float16")]
    public void Dtype_WhateverTheConfigSays_IsThatOfMostWeights(ScalarType stored, string named)
    {
        using var scope = NewDisposeScope();
        File.WriteAllText(_folder.Path("config.json"), """{"torch_dtype":"float64"}""");
        SafetensorsWriter.Write(_folder.Path("model.safetensors"), [new("w", ones(10, 10, dtype: stored)), new("norm", ones(10, dtype: ScalarType.Float64))]);

        Assert.Equal(named, ModelFolder.Open(_folder.Root).Dtype);
    }

    [Fact]
    public void GenerationDefaults_OfAnR1Distill_AreTaken()
    {
        // generation_config.json of DeepSeek-R1-Distill-Llama-8B, with eos as a list as later Llama files have it.
        File.WriteAllText(_folder.Path("generation_config.json"), """{"bos_token_id":128000,"eos_token_id":[128001,128009],"do_sample":true,"temperature":0.6,"top_p":0.95}""");

        var defaults = GenerationDefaults.Load(_folder.Root, []);

        Assert.Equal([128001, 128009], defaults.EosTokenIds);
        Assert.Equal((128000, null, true, 0.6, 0.95, 0), (defaults.BosTokenId, defaults.PadTokenId, defaults.DoSample, defaults.Temperature, defaults.TopP, defaults.TopK));
    }

    [Theory]
    [InlineData("""{"pad_token_id":-1}""")]
    [InlineData("""{"pad_token_id":-1,"bos_token_id":-1,"eos_token_id":-1,"top_k":-1}""")]
    [InlineData("""{"pad_token_id":null,"eos_token_id":[-1],"top_k":null}""")]
    public void GenerationDefaults_NegativeId_IsNone(string text)
    {
        File.WriteAllText(_folder.Path("generation_config.json"), text);

        var defaults = GenerationDefaults.Load(_folder.Root, new System.Text.Json.Nodes.JsonObject { ["pad_token_id"] = -1 });

        Assert.Equal((null, null, 0, 0), (defaults.PadTokenId, defaults.BosTokenId, defaults.EosTokenIds.Count, defaults.TopK));
    }

    [Theory]
    [InlineData("""{"temperature":"hot"}""", "temperature")]
    [InlineData("""{"temperature":-1}""", "temperature")]
    [InlineData("""{"temperature":1e999}""", "temperature")]
    [InlineData("""{"eos_token_id":["x"]}""", "eos_token_id")]
    [InlineData("""{"eos_token_id":1.5}""", "eos_token_id")]
    [InlineData("""{"do_sample":1}""", "do_sample")]
    public void GenerationDefaults_BadField_IsNamed(string text, string field)
    {
        File.WriteAllText(_folder.Path("generation_config.json"), text);

        var e = Assert.Throws<BadInputException>(() => GenerationDefaults.Load(_folder.Root, []));

        Assert.Equal(field, e.Place);
    }

    [Theory]
    [InlineData("pytorch_model.bin", "pickle")]
    [InlineData("consolidated.00.pth", "pickle")]
    [InlineData("model-q4.gguf", "GGUF")]
    public void Open_FolderWithOtherWeightsOnly_NamesTheFile(string file, string says)
    {
        File.WriteAllText(_folder.Path("config.json"), "{}");
        File.WriteAllText(_folder.Path(file), "x");

        var e = Assert.Throws<BadInputException>(() => ModelFolder.Open(_folder.Root));

        Assert.Contains(file, e.Message, StringComparison.Ordinal);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_HuggingFaceCache_FollowsLinksToTheMainSnapshot()
    {
        var source = ReferenceFiles.Golden("huggingface", "models", "llama_rope3_tied");
        const string main = "0123456789abcdef0123456789abcdef01234567", other = "89abcdef0123456789abcdef0123456789abcdef";
        var repository = _folder.Path("hub", "models--lab--tiny-llama");
        Directory.CreateDirectory(Path.Combine(repository, "blobs"));
        Directory.CreateDirectory(Path.Combine(repository, "refs"));
        File.WriteAllText(Path.Combine(repository, "refs", "main"), main);
        foreach (var commit in (string[])[main, other])
        {
            Directory.CreateDirectory(Path.Combine(repository, "snapshots", commit));
            foreach (var file in Directory.GetFiles(source))
            {
                var blob = Path.Combine(repository, "blobs", Path.GetFileName(file));
                File.Copy(file, blob, overwrite: true);
                File.CreateSymbolicLink(Path.Combine(repository, "snapshots", commit, Path.GetFileName(file)), Path.Combine("..", "..", "blobs", Path.GetFileName(file)));
            }
        }

        Directory.CreateDirectory(_folder.Path("mine", "broken"));
        File.WriteAllText(_folder.Path("mine", "broken", "config.json"), "{");
        Directory.CreateSymbolicLink(_folder.Path("mine", "loop"), _folder.Root);

        var found = ModelFolder.Scan([_folder.Root]).ToList();

        Assert.Equal(["lab/tiny-llama", "mine/broken"], found.Select(f => f.Name));
        Assert.Equal(Path.Combine(repository, "snapshots", main), found[0].Folder!.Path);
        Assert.Contains("not valid JSON", found[1].Refusal, StringComparison.Ordinal);
    }
}
