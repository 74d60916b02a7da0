using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Training.Objectives;
using R1Lab.Engine.Training.Objectives.Supervised;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

public sealed class VocabularyChunksTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    public void Backward_InChunks_IsTheLossAndGradientOfTheWhole(int positions)
    {
        using var scope = NewDisposeScope();
        using var decoder = ModelLoader.Load(TrainingRuns.Model("qwen3"), ComputeDevice.Cpu, ScalarType.Float32);
        var weight = decoder.Parameters["model.norm.weight"];
        long[] tokens = [3, 500, 77, 12, 0, 9, 200];

        (Tensor Loss, Tensor Hidden, Tensor Weight, Tensor Each) Run(long logitsAtOnce)
        {
            var input = rand(7, decoder.Config.HiddenSize, generator: new Generator(5)).requires_grad_();
            weight.grad = null;
            weight.requires_grad = true;
            var states = new ScoredStates(input * 2, tensor(tokens), new TokenTargets([], tokens), empty(7));
            var loss = new VocabularyChunks(decoder, new CrossEntropyLoss(), logitsAtOnce: logitsAtOnce).Backward(states, 3);
            return (loss, input.grad!, weight.grad!.clone(), states.Each);
        }

        var (whole, chunks) = (Run(1 << 20), Run(positions * decoder.Config.VocabSize));

        Assert.Equal(whole.Loss.ToSingle(), chunks.Loss.ToSingle(), 1e-4f);
        Assert.Equal(whole.Loss.ToSingle(), chunks.Each.sum().ToSingle() / 3, 1e-4f);
        Assert.InRange(GoldenTensors.Distance(chunks.Each, whole.Each), 0, 1e-5);
        Assert.InRange(GoldenTensors.Distance(chunks.Hidden, whole.Hidden), 0, 1e-6);
        Assert.InRange(GoldenTensors.Distance(chunks.Weight, whole.Weight), 0, 1e-5);
    }
}
