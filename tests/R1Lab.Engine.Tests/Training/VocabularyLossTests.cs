using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

public sealed class VocabularyLossTests
{
    [Fact]
    public void Backward_InPieces_IsTheLossAndGradientOfTheWhole()
    {
        using var scope = NewDisposeScope();
        using var decoder = ModelLoader.Load(TrainingRuns.Model("qwen3"), ComputeDevice.Cpu, ScalarType.Float32);
        var weight = decoder.Parameters["model.norm.weight"];
        var targets = tensor(new long[] { 3, 500, 77, 12, 0, 9, 200 });

        (Tensor Loss, Tensor Hidden, Tensor Weight) Run(long logitsAtOnce)
        {
            var input = rand(7, decoder.Config.HiddenSize, generator: new Generator(5)).requires_grad_();
            weight.grad = null;
            weight.requires_grad = true;
            var loss = VocabularyLoss.Backward(decoder, input * 2, targets, 3, logitsAtOnce: logitsAtOnce);
            return (loss, input.grad!, weight.grad!.clone());
        }

        var (whole, pieces) = (Run(1 << 20), Run(2 * decoder.Config.VocabSize));

        Assert.Equal(whole.Loss.ToSingle(), pieces.Loss.ToSingle(), 1e-4f);
        Assert.InRange(GoldenTensors.Distance(pieces.Hidden, whole.Hidden), 0, 1e-6);
        Assert.InRange(GoldenTensors.Distance(pieces.Weight, whole.Weight), 0, 1e-5);
    }
}
