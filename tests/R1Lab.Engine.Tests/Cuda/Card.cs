using R1Lab.Engine.Devices;
using TorchSharp;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>
/// Where the tests of the CUDA path compute: the first card. <c>R1LAB_TEST_CARD=cpu</c> puts the CPU in its place, so that the tests themselves can
/// be tried without one.
/// </summary>
internal static class Card
{
    private const string Variable = "R1LAB_TEST_CARD";

    public static bool IsStandIn { get; } = Environment.GetEnvironmentVariable(Variable) == "cpu";

    /// <summary>Whether a card works here.</summary>
    public static bool IsReal => !IsStandIn && ComputeDevice.CardCount() > 0;

    /// <summary>Whether there is anything to compute on: a card, or what stands in for one.</summary>
    public static bool IsThere => IsStandIn || IsReal;

    public static ComputeDevice Device => IsStandIn ? ComputeDevice.Cpu : new(DeviceType.CUDA);

    /// <summary>Skips a test of something only a card has.</summary>
    public static void MustBeReal() => Assert.SkipUnless(IsReal, "Only a CUDA card can show this.");
}
