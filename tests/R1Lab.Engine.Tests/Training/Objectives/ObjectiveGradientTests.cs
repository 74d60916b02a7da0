using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>
/// What an objective says about its inputs arrives at every weight: against finite differences in float64, and however the pass is
/// divided.
/// </summary>
public sealed class ObjectiveGradientTests
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var objective in GradientCase.Objectives)
        {
            cases.Add(objective, "llama_base");
            cases.Add(objective, "qwen3");
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_EveryWeight_HasTheDerivativeOfFiniteDifferences(string objective, string model)
    {
        using var sut = new GradientCase(objective, model);

        Assert.InRange(sut.WorstError(), 0, 1e-7);
    }

    [Theory]
    [InlineData("pairs")]
    [InlineData("reward")]
    [InlineData("distillation")]
    [InlineData("rollout")]
    public void WorstError_GradientOffByATenThousandth_IsSeen(string objective)
    {
        using var sut = new GradientCase(objective, "llama_base");
        sut.Loss = new ScaledGradient(sut.Loss, 1.0001);

        Assert.True(sut.WorstError() > 1e-5);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_InChunksSegmentsAndParts_HasTheSameGradients(string objective, string model)
    {
        using var sut = new GradientCase(objective, model);
        var (loss, whole) = sut.Backward();

        (double Loss, Dictionary<string, Tensor> Gradients)[] divided =
        [
            sut.Backward(checkpointing: true),
            sut.Backward(checkpointing: true, blocks: 1),
            sut.Backward(positionsAtOnce: 1),
            sut.Backward(positionsAtOnce: 4),
            sut.Backward(positionsAtOnce: 7, checkpointing: true),
            sut.Backward(lines: 2),
            sut.Backward(lines: 3, positionsAtOnce: 5, checkpointing: true, blocks: 2),
        ];

        Assert.All(divided, way =>
        {
            Assert.Equal(loss, way.Loss, 1e-12);
            Assert.All(whole, pair =>
                Assert.InRange(((way.Gradients[pair.Key] - pair.Value).norm() / pair.Value.norm()).ToDouble(), 0, 1e-11));
        });
    }

    private sealed class ScaledGradient(ITokenLoss inner, double factor) : ITokenLoss
    {
        public LossNeeds Needs => inner.Needs;

        public int Count(MicroBatch batch) => inner.Count(batch);

        public LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor)
        {
            var sum = inner.Backward(inputs, targets, divisor);
            return sum with
            {
                LogProbs = sum.LogProbs?.mul(factor),
                LogSoftmax = sum.LogSoftmax?.mul(factor),
                Heads = sum.Heads.ToDictionary(head => head.Key, head => head.Value.mul(factor)),
            };
        }
    }
}
