using R1Lab.Engine.Adapters;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Adapters;

/// <summary>The update of one linear map, with and without a bias beside it.</summary>
public sealed class LoraLinearTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 0)]
    [InlineData(true, true, 0)]
    [InlineData(true, true, 1e-9)]
    public void Apply_WithOrWithoutBias_EqualsTheMergedMap(bool dora, bool bias, double dropout)
    {
        using var noGrad = no_grad();
        var map = Map(ProjectionKind.Q, bias);
        using var lora = Update(dora, dropout);
        var x = rand(5, 6, generator: new Generator(4));

        var live = lora.Apply(x, map.Map(x, map.Bias), map, new ForwardContext { Training = true });

        var merged = nn.functional.linear(x, lora.Merge(map.Weight), map.Bias);
        Assert.InRange(GoldenTensors.Distance(live, merged), 0, 1e-5f);
    }

    [Fact]
    public void Apply_DropoutInTwoModules_DrawsAMaskForEach()
    {
        using var noGrad = no_grad();
        var x = ones(64, 6);
        Tensor Update(ProjectionKind kind, long seed)
        {
            using var lora = LoraLinearTests.Update(dora: false, dropout: 0.5);
            return lora.Apply(x, zeros(64, 4), Map(kind, bias: false), new ForwardContext { Training = true, DropoutSeed = seed });
        }

        Assert.True(Update(ProjectionKind.Q, 1).Equals(Update(ProjectionKind.Q, 1)));
        Assert.False(Update(ProjectionKind.Q, 1).Equals(Update(ProjectionKind.K, 1)));
        Assert.False(Update(ProjectionKind.Q, 1).Equals(Update(ProjectionKind.Q, 2)));
    }

    private static LoraLinear Update(bool dora, double dropout)
    {
        var generator = new Generator(7);
        var (a, b) = (randn(2, 6, generator: generator), randn(4, 2, generator: generator));
        return new LoraLinear(a, b, dora ? rand(4, generator: generator) + 1 : null, scaling: 0.5, dropout);
    }

    private static Projection Map(ProjectionKind kind, bool bias)
    {
        var generator = new Generator(5);
        return new Projection(0, kind, randn(4, 6, generator: generator), quantized: null, bias ? randn(4, generator: generator) : null);
    }
}
