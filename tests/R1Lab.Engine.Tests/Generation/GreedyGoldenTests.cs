using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Generation;

/// <summary>Sequences of Hugging Face's generate, token for token.</summary>
public sealed class GreedyGoldenTests
{
    public static TheoryData<string> Models => [.. GoldenTensors.Models];

    [Theory, MemberData(nameof(Models))]
    public async Task GenerateAsync_EveryGreedyCase_GivesHuggingFacesTokens(string model)
    {
        using var loaded = LoadedModel.Load(ReferenceFiles.Golden("huggingface", "models", model), ComputeDevice.Cpu);
        using var engine = new GenerationEngine(loaded);

        foreach (var golden in Cases(model).Where(c => c["num_beams"] is null))
        {
            var expected = Rows(golden["sequences"]!);
            var length = Rows(golden["input_ids"]!)[0].Length;
            var requests = Prompts(golden).Select((prompt, i) => engine.GenerateAsync(new GenerationRequest(prompt, Settings(golden, expected[i].Length - length))));
            var results = await Task.WhenAll(requests);

            Assert.All(results.Index(), r => Assert.Equal(expected[r.Index].Skip(length), r.Item.Tokens.Concat(Enumerable.Repeat(0, expected[r.Index].Length - length - r.Item.Tokens.Count))));
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void Forward_LeftPaddedBatchWithCache_GivesHuggingFacesTokens(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var decoder = TestDecoders.Load(model);
        var golden = Cases(model).Single(c => (string)c["name"]! == "greedy_left_padded_batch");
        var expected = Rows(golden["sequences"]!);
        using var cache = new KeyValueCache(decoder, batch: 3);
        var ids = stack(Rows(golden["input_ids"]!).Select(r => tensor(Array.ConvertAll(r, v => (long)v))));
        var mask = stack(Rows(golden["attention_mask"]!).Select(r => tensor(Array.ConvertAll(r, v => (long)v))));
        var positions = (mask.cumsum(1) - 1).masked_fill(mask.eq(0), 1);

        var generated = new List<Tensor>();
        for (var step = 0; step < expected[0].Length - 9; step++)
        {
            var next = decoder.Forward(ids, new() { Cache = cache, AttentionMask = mask, PositionIds = positions }).select(1, -1).argmax(-1).unsqueeze(1);
            generated.Add(next);
            (ids, mask, positions) = (next, cat([mask, ones_like(next)], 1), positions.narrow(1, positions.size(1) - 1, 1) + 1);
        }

        var tokens = cat(generated, 1);
        Assert.All(expected.Index(), r => Assert.Equal(r.Item[9..].Select(t => (long)t), tokens[r.Index].data<long>().ToArray()));
    }

    private static IEnumerable<JsonObject> Cases(string model) => GoldenTensors.Json("golden", "generate", $"{model}.json")["cases"]!.AsArray().Select(c => c!.AsObject());

    private static GenerationSettings Settings(JsonObject golden, int count) => new()
    {
        Temperature = 0,
        MaxNewTokens = count,
        IgnoreEos = true,
        StopTokenIds = golden["eos_token_id"] is { } eos ? [(int)eos] : [],
        RepetitionPenalty = (double?)golden["repetition_penalty"] ?? 1,
    };

    private static IEnumerable<int[]> Prompts(JsonObject golden)
    {
        var ids = Rows(golden["input_ids"]!);
        return golden["attention_mask"] is { } masks ? ids.Zip(Rows(masks), (row, mask) => row.Zip(mask).Where(p => p.Second == 1).Select(p => p.First).ToArray()) : ids;
    }

    private static int[][] Rows(JsonNode matrix) => [.. matrix.AsArray().Select(row => row!.AsArray().Select(v => (int)v!).ToArray())];
}
