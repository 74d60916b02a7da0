using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

public sealed class TrainingFlopsTests
{
    private static readonly DecoderConfig Llama30M = new()
    {
        Family = DecoderFamily.Llama,
        VocabSize = 4096,
        HiddenSize = 512,
        IntermediateSize = 1376,
        LayerCount = 8,
        HeadCount = 8,
        KeyValueHeadCount = 4,
        HeadDim = 64,
        MaxPositions = 2048,
    };

    // By hand: 8 layers of 2·512·512 (q, o) + 2·256·512 (k, v) + 3·512·1376, and 4096·512 of the output matrix. Attention, forward, one layer:
    // two products of 2·256·512, half of them masked: 262,144; three times that with the backward.
    [Theory]
    [InlineData(TrainingMethod.Lora, 4 * 25_296_896.0 + 3 * 8 * 262_144)]
    [InlineData(TrainingMethod.Qlora, 4 * 25_296_896.0 + 3 * 8 * 262_144)]
    [InlineData(TrainingMethod.Full, 6 * 25_296_896.0 + 3 * 8 * 262_144)]
    public void PerToken_Llama30M_IsTheCountByHand(TrainingMethod method, double expected)
    {
        var flops = TrainingFlops.PerToken(Llama30M, method, length: 256);

        Assert.Equal(expected, flops);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MatrixParameters_TiedOrNot_AreAllMatricesOfTheModelWithOneOutputMatrix(bool tied)
    {
        var config = Llama30M with { TieWordEmbeddings = tied, QkNorm = true, QkvBias = true };
        using var decoder = ModelLoader.CreateRandom(config, ComputeDevice.Meta, ScalarType.Float32, 1);

        var counted = TrainingFlops.MatrixParameters(config);

        var matrices = decoder.Parameters.Where(pair => pair.Value.dim() == 2 && pair.Key != "model.embed_tokens.weight").Sum(pair => pair.Value.numel());
        Assert.Equal(matrices + (tied ? 4096 * 512 : 0), counted);
    }
}
