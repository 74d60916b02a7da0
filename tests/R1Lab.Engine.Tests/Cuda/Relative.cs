using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>How far numbers of a card are from those they should be, as a share of these.</summary>
internal static class Relative
{
    /// <summary>Length of the difference over the length of what is expected; devices and types may differ.</summary>
    public static double Distance(Tensor actual, Tensor expected)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var (a, b) = (actual.cpu().to(ScalarType.Float64), expected.cpu().to(ScalarType.Float64));
        return ((a - b).norm() / b.norm().clamp_min(1e-30)).ToDouble();
    }

    public static double Distance(double actual, double expected) => Math.Abs(actual - expected) / Math.Max(Math.Abs(expected), 1e-30);
}
