using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Samples;
using R1Lab.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>The demo model answers on the card as it does on the CPU.</summary>
public sealed class GenerationOnCardTests : IDisposable
{
    private static readonly GenerationSettings Greedy = new() { Temperature = 0, MaxNewTokens = 32, IgnoreEos = true };

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [CardFact]
    public async Task GenerateAsync_GreedyRowsSideBySide_AreTheCpusAlone()
    {
        using var onCpu = Load(ComputeDevice.Cpu);
        using var onCard = Load(Card.Device);
        var prompts = Prompts(onCpu, 6);

        var expected = await AloneAsync(onCpu, [.. prompts.Select(prompt => new GenerationRequest(prompt, Greedy))]);
        var actual = await TogetherAsync(onCard, [.. prompts.Select(prompt => new GenerationRequest(prompt, Greedy))]);

        Assert.Equal(expected.Select(reply => reply.Text), actual.Select(reply => reply.Text));
        Assert.Equal(6, actual.DistinctBy(reply => reply.Text).Count());
    }

    [CardFact]
    public async Task GenerateAsync_AnAdapterARow_IsTheCpusAlone()
    {
        using var onCpu = Load(ComputeDevice.Cpu);
        using var onCard = Load(Card.Device);
        foreach (var (name, seed, dora) in new[] { ("first", 1, false), ("second", 2, true) })
        {
            WriteAdapter(onCpu, name, seed, dora);
            onCpu.AddAdapter(name, _folder.Path(name));
            onCard.AddAdapter(name, _folder.Path(name));
        }

        var prompt = Prompts(onCpu, 1)[0];
        GenerationRequest[] requests = [.. ((string?[])[null, "first", "second", "first"]).Select(adapter => new GenerationRequest(prompt, Greedy, adapter))];

        var expected = await AloneAsync(onCpu, requests);
        var actual = await TogetherAsync(onCard, requests);

        Assert.Equal(expected.Select(reply => reply.Text), actual.Select(reply => reply.Text));
        Assert.Equal(3, actual.DistinctBy(reply => reply.Text).Count());
    }

    [CardFact]
    public async Task GenerateAsync_SameSeed_SameText()
    {
        using var onCard = Load(Card.Device);
        var settings = Greedy with { Temperature = 1.5, Seed = 42 };
        GenerationRequest[] requests = [new(Prompts(onCard, 1)[0], settings), new(Prompts(onCard, 1)[0], settings with { Seed = 43 })];

        var first = await AloneAsync(onCard, requests);
        var again = await AloneAsync(onCard, requests);

        Assert.Equal(first.Select(reply => reply.Text), again.Select(reply => reply.Text));
        Assert.NotEqual(first[0].Text, first[1].Text);
    }

    [CardFact]
    public async Task GenerateAsync_TypeOfTheFile_AnswersInTheRightForm()
    {
        // On a card nothing is widened: the file's bfloat16.
        using var onCard = LoadedModel.Load(SampleFolders.Model, Card.Device, Card.IsStandIn ? ScalarType.BFloat16 : null);

        var replies = await TogetherAsync(onCard, [.. Prompts(onCard, 8).Select(prompt => new GenerationRequest(prompt, Greedy with { MaxNewTokens = 160, IgnoreEos = false }))]);

        Assert.Equal(ScalarType.BFloat16, onCard.Decoder.Dtype);
        Assert.InRange(replies.Count(reply => reply.Finish == FinishReason.Stop && reply.Text.Contains("</think>", StringComparison.Ordinal)), 6, 8);
    }

    private static LoadedModel Load(ComputeDevice device) => LoadedModel.Load(SampleFolders.Model, device, ScalarType.Float32);

    private static List<int[]> Prompts(LoadedModel model, int count) =>
    [
        .. File.ReadLines(SampleFolders.HeldOutRows).Take(count).Select(line => JsonNode.Parse(line)!["prompt"]!.GetValue<string>())
            .Select(prompt => model.Tokenizer!.Encode(model.ChatTemplate!.Render([new ChatMessage("user", prompt)], addGenerationPrompt: true), addSpecialTokens: false).ToArray()),
    ];

    private static async Task<GenerationResult[]> TogetherAsync(LoadedModel model, GenerationRequest[] requests)
    {
        using var engine = new GenerationEngine(model);
        return await Task.WhenAll(requests.Select(request => engine.GenerateAsync(request, cancellation: Ct)));
    }

    private static async Task<GenerationResult[]> AloneAsync(LoadedModel model, GenerationRequest[] requests)
    {
        using var engine = new GenerationEngine(model);
        var results = new List<GenerationResult>();
        foreach (var request in requests) results.Add(await engine.GenerateAsync(request, cancellation: Ct));
        return [.. results];
    }

    private void WriteAdapter(LoadedModel model, string name, int seed, bool dora)
    {
        using var scope = NewDisposeScope();
        using var adapter = AdapterSet.Create(model.Decoder, new LoraSettings { R = 4, LoraAlpha = 32, UseDora = dora }, seed);
        using (no_grad())
        {
            // A fresh adapter's B is zero and would change nothing.
            foreach (var (key, tensor) in adapter.Parameters)
                if (key.Contains("lora_B", StringComparison.Ordinal)) tensor.normal_(0, 0.2, new Generator((ulong)seed));
        }

        adapter.Save(_folder.Path(name), "demo");
    }
}
