using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

public sealed class GradientBufferTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    // Gradients 3 and 4: a norm of 5. clip_grad_norm_ scales by most / (norm + 1e-6) when that is below 1.
    [Theory]
    [InlineData(0, 3, 4)]
    [InlineData(5.1, 3, 4)]
    [InlineData(5.00001, 3, 4)]
    [InlineData(4.99, 2.994, 3.992)]
    [InlineData(2.5, 1.5, 2)]
    public void Clip_NormAroundTheLimit_ScalesOnlyAbove(double most, double first, double second)
    {
        using var buffer = new GradientBuffer([ones(1), ones(1)]);
        buffer.Views[0].fill_(3);
        buffer.Views[1].fill_(4);

        buffer.Clip(buffer.Norm(), most);

        Assert.Equal([first, second], buffer.Views.Select(view => (double)view.ToSingle()), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void Gather_NarrowParameters_AddUpInFloat32()
    {
        var parameter = ones(1, dtype: ScalarType.BFloat16);
        using var buffer = new GradientBuffer([parameter]);

        // 256 + 1 is not a bfloat16.
        foreach (var gradient in new[] { 256f, 1f })
        {
            parameter.grad = full(1, gradient, dtype: ScalarType.BFloat16);
            buffer.Gather([parameter]);
        }

        Assert.Equal(257, buffer.Views[0].ToSingle());
        Assert.Null(parameter.grad);
    }
}
