using R1Lab.Engine.Native;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests;

public sealed class DeterministicAlgorithmsTests
{
    [Fact]
    public void IsOn_WhileItLives_RefusesOperatorsThatCannot()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The switch is bound on Linux only.");
        using var scope = NewDisposeScope();

        using (var deterministic = new DeterministicAlgorithms(wanted: true))
        {
            Assert.True(deterministic.IsOn);
            Assert.ThrowsAny<Exception>(Undecided);
        }

        Undecided();
        using (var unwanted = new DeterministicAlgorithms(wanted: false)) Assert.False(unwanted.IsOn);
        Undecided();
    }

    // put_ without accumulation has no such way on any device.
    private static void Undecided() => Dispatcher.Call("aten::put_", "", zeros(4), tensor(new long[] { 1 }), ones(1), false).Dispose();
}
