using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Generation;
using R1Lab.Engine.Tests.Tokenization;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>Where a reply ends: at every token that tokenizer, generation_config.json or config.json calls an end.</summary>
public sealed class EndTokensTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(null, null, null, new int[0], true)]
    [InlineData("[7]", null, null, new[] { 7 }, true)]
    [InlineData(null, "7", null, new[] { 7 }, true)]
    [InlineData(null, null, "<end>", new[] { 258 }, false)]
    [InlineData(null, "258", "<end>", new[] { 258 }, true)]
    [InlineData("7", null, "<end>", new[] { 7, 258 }, false)]
    [InlineData("[258, 7]", "7", "<end>", new[] { 258, 7 }, true)]
    [InlineData("258", "7", "<end>", new[] { 258, 7 }, false)]
    [InlineData("-1", "7", null, new[] { 7 }, true)]
    [InlineData("[]", "[7, -1]", "<end>", new[] { 7, 258 }, false)]
    [InlineData("7", "7", "a", new[] { 7, 97 }, false)]
    [InlineData("7", "7", "no such token", new[] { 7 }, true)]
    public void All_OfThreeFiles_IsTheirUnion(string? generation, string? config, string? tokenizer, int[] expected, bool agree)
    {
        Write(generation, config, tokenizer);

        var ends = ModelFolder.Open(_tiny.Folder).Generation.Ends;

        Assert.Equal(expected, ends.All);
        Assert.Equal(agree, ends.Agree);
        Assert.Equal(agree ? [] : ["end_tokens_differ"], ends.Problems().Select(problem => problem.Code));
    }

    [Fact]
    public async Task GenerateAsync_EndTokenOfTheTokenizerAlone_EndsTheReply()
    {
        var settings = new GenerationSettings { Temperature = 0, MaxNewTokens = 12, IgnoreEos = true };
        var free = await RunAsync(settings);
        Write("9999", "9998", Tokenizer.Load(_tiny.Folder).IdToToken(free.Tokens[3]));

        var result = await RunAsync(settings with { IgnoreEos = false });

        Assert.Equal(FinishReason.Stop, result.Finish);
        Assert.Equal(free.Tokens.Take(free.Tokens.ToList().IndexOf(free.Tokens[3]) + 1), result.Tokens);
    }

    // Other programs stop at what the configs of a trained model say: its end token must be there.
    [Theory]
    [InlineData("7", null)]
    [InlineData("7", "[7]")]
    [InlineData(null, "7")]
    [InlineData(null, null)]
    public void Save_EndTokensDiffer_WritesThemWhereOthersRead(string? generation, string? config)
    {
        Write(generation, config, "<end>");
        var target = Path.Combine(_tiny.Folder, "saved");

        using (var decoder = ModelLoader.Load(_tiny.Folder, ComputeDevice.Cpu)) ModelLoader.Save(decoder, target, ScalarType.Float32, _tiny.Folder);

        var saved = ModelFolder.Open(target).Generation.Ends;
        var all = ModelFolder.Open(_tiny.Folder).Generation.Ends.All;
        Assert.Equal(all, saved.All);
        Assert.Contains(258, all);
        Assert.Equal(all, saved.Config);
        Assert.Equal(generation is null ? null : all, saved.Generation);
        Assert.True(saved.Agree);
    }

    [Fact]
    public void Save_EndTokensAgree_LeavesTheConfigsAlone()
    {
        Write("[258, 7]", "7", "<end>");
        var target = Path.Combine(_tiny.Folder, "saved");

        using (var decoder = ModelLoader.Load(_tiny.Folder, ComputeDevice.Cpu)) ModelLoader.Save(decoder, target, ScalarType.Float32, _tiny.Folder);

        Assert.Equal(File.ReadAllText(Path.Combine(_tiny.Folder, "generation_config.json")), File.ReadAllText(Path.Combine(target, "generation_config.json")));
        Assert.Equal("7", JsonNode.Parse(File.ReadAllText(Path.Combine(target, "config.json")))!["eos_token_id"]!.ToJsonString());
    }

    [Theory, MemberData(nameof(PublicTokenizers.Names), MemberType = typeof(PublicTokenizers))]
    public void EosToken_OfAPublicTokenizer_IsWhatTheTokenizerSays(string name)
    {
        var id = EosToken.IdOf(ReferenceFiles.Public("tokenizers", name));

        Assert.Equal(PublicTokenizers.Load(name).EosId, id);
    }

    private void Write(string? generation, string? config, string? tokenizer)
    {
        var path = Path.Combine(_tiny.Folder, "config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json.Remove("eos_token_id");
        if (config is not null) json["eos_token_id"] = JsonNode.Parse(config);
        File.WriteAllText(path, json.ToJsonString());
        var defaults = Path.Combine(_tiny.Folder, "generation_config.json");
        File.Delete(defaults);
        if (generation is not null) File.WriteAllText(defaults, $$"""{"eos_token_id": {{generation}}}""");
        if (tokenizer is not null) File.WriteAllText(Path.Combine(_tiny.Folder, "tokenizer_config.json"), new JsonObject { ["eos_token"] = tokenizer }.ToJsonString());
    }

    private async Task<GenerationResult> RunAsync(GenerationSettings settings)
    {
        using var model = _tiny.Load();
        using var engine = new GenerationEngine(model);
        return await engine.GenerateAsync(new([10, 20, 30, 40], settings), cancellation: TestContext.Current.CancellationToken);
    }
}
