using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>Files with the numbers that Python's json module writes and JSON does not have.</summary>
public sealed class PythonNumbersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"a": 1}""", null)]
    [InlineData("""{"a": "NaN, Infinity and \"-Infinity\""}""", null)]
    [InlineData("""{"NaN": -1}""", null)]
    [InlineData("""{"a": NaN}""", """{"a": "NaN"}""")]
    [InlineData("""{"a": [Infinity,-Infinity, 1], "b\\": NaN}""", """{"a": ["Infinity","-Infinity", 1], "b\\": "NaN"}""")]
    [InlineData("""{"a": "open NaN""", null)]
    public void Quoted_AnyJson_TurnsTheNumbersIntoTexts(string json, string? expected)
    {
        var quoted = PythonNumbers.Quoted(Encoding.UTF8.GetBytes(json));

        Assert.Equal(expected, quoted is null ? null : Encoding.UTF8.GetString(quoted));
    }

    [Theory]
    [InlineData("""{"logit_cap": Infinity, "eos_token_id": 3}""")]
    [InlineData("""{"limits": [0.0, -Infinity, NaN], "eos_token_id": 3}""")]
    public void Read_FileOfPython_IsRead(string json)
    {
        File.WriteAllText(_folder.Path("generation_config.json"), json);

        Assert.Equal([3], GenerationDefaults.Load(_folder.Root, []).EosTokenIds);
    }

    [Theory]
    [InlineData("""{"temperature": NaN}""", "temperature")]
    [InlineData("""{"top_p": Infinity}""", "top_p")]
    [InlineData("""{"eos_token_id": -Infinity}""", "eos_token_id")]
    public void Read_NumberThatMustBeFinite_IsRefusedByName(string json, string field)
    {
        File.WriteAllText(_folder.Path("generation_config.json"), json);

        Assert.Equal(field, Assert.Throws<BadInputException>(() => GenerationDefaults.Load(_folder.Root, [])).Place);
    }

    [Theory]
    [InlineData("""{"a": NaNa}""")]
    [InlineData("""{"a": Infinity""")]
    [InlineData("""{"a": +Infinity}""")]
    [InlineData("""{"a": inf}""")]
    public void Read_WhatPythonWouldNotWrite_IsStillRefused(string json)
    {
        File.WriteAllText(_folder.Path("generation_config.json"), json);
        File.WriteAllText(_folder.Path("tokenizer_config.json"), json);

        Assert.Throws<BadInputException>(() => GenerationDefaults.Load(_folder.Root, []));
        Assert.Throws<BadInputException>(() => SpecialTokenNames.Read(_folder.Root));
    }

    [Fact]
    public void Load_WholeModelOfPython_LoadsAndIsSavedAsItWas()
    {
        using var tiny = new TinyModel();
        foreach (var name in (string[])["config.json", "generation_config.json", "tokenizer.json"]) AddNumbers(Path.Combine(tiny.Folder, name));
        File.WriteAllText(Path.Combine(tiny.Folder, "tokenizer_config.json"), """{"eos_token": "<eos>", "model_max_length": Infinity}""");

        using (var model = tiny.Load())
        {
            Assert.Equal([TinyModel.Eos, 258], model.Defaults.EosTokenIds);
            Assert.Equal(TinyModel.Eos, model.Tokenizer!.EosId);
            ModelLoader.Save(model.Decoder, _folder.Root, ScalarType.Float32, tiny.Folder);
        }

        Assert.Contains("\"cap\": Infinity", File.ReadAllText(_folder.Path("config.json")), StringComparison.Ordinal);
        using var again = ModelLoader.Load(_folder.Root, ComputeDevice.Cpu);
        Assert.Equal("Infinity", ModelFolder.Open(_folder.Root).ConfigJson["cap"]!.GetValue<string>());
    }

    private static void AddNumbers(string file)
    {
        var json = JsonNode.Parse(File.ReadAllText(file))!.ToJsonString();
        File.WriteAllText(file, $"{{\"cap\": Infinity, \"low\": [-Infinity, NaN], {json[1..]}");
    }
}
