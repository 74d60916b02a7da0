using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>What is read of a card's memory and sensors.</summary>
public sealed class MemoryOnCardTests
{
    private const long Rounding = 2 << 20;
    private const long Size = 256L << 20;

    [CardFact]
    public void Read_AroundATensor_CountsItsBytes()
    {
        Card.MustBeReal();
        using var first = ones([1024], device: Card.Device.Torch); // the allocator begins with the first tensor
        var before = Now();

        CudaMemory.ResetPeak(0);
        var tensor = empty([Size], ScalarType.Byte, Card.Device.Torch);
        var with = Now();
        tensor.Dispose();
        var after = Now();

        Assert.InRange(with.AllocatedBytes - before.AllocatedBytes, Size, Size + Rounding);
        Assert.InRange(after.AllocatedBytes - before.AllocatedBytes, -Rounding, Rounding);
        Assert.InRange(after.PeakAllocatedBytes - before.AllocatedBytes, Size, Size + Rounding);
        Assert.True(with.ReservedBytes >= with.AllocatedBytes);
    }

    [CardFact]
    public void ResetPeak_AfterATensorIsGone_StartsFromWhatIsThere()
    {
        Card.MustBeReal();
        empty([Size], ScalarType.Byte, Card.Device.Torch).Dispose();

        CudaMemory.ResetPeak(0);

        var now = Now();
        Assert.InRange(now.PeakAllocatedBytes - now.AllocatedBytes, 0, Rounding);
        Assert.InRange(now.PeakReservedBytes - now.ReservedBytes, 0, Rounding);
    }

    [CardFact]
    public void ReleaseUnused_AfterATensorIsGone_GivesItsRoomBack()
    {
        Card.MustBeReal();
        empty([Size], ScalarType.Byte, Card.Device.Torch).Dispose();
        var before = Now();

        CudaAllocator.ReleaseUnused();

        Assert.InRange(before.ReservedBytes - Now().ReservedBytes, Size, long.MaxValue);
    }

    [CardFact]
    public void MemoryWatch_OverATensor_SeesItsBytes()
    {
        Card.MustBeReal();
        using var watch = new MemoryWatch(Card.Device);

        empty([Size], ScalarType.Byte, Card.Device.Torch).Dispose();

        Assert.InRange(watch.Peak, Size, Now().TotalBytes);
    }

    [CardFact]
    public void Run_AnyRecipe_TellsTheMemoryItTook()
    {
        using var runs = new CardRuns();

        var logged = runs.Run(runs.Job(CardRuns.Plain)).Logged;

        Assert.InRange((long)Assert.Single(runs.Events, e => e.Kind == TrainingEventKinds.MemoryProbed).Arguments[0], 1_000_000, 1L << 40);
        Assert.All(logged, m => Assert.Equal(Card.IsStandIn, m.DeviceMemoryBytes is null));
        Assert.All(logged.Where(m => m.DeviceMemoryBytes is not null), m => Assert.InRange(m.DeviceMemoryBytes!.Value, 1_000_000, 1L << 40));
    }

    [CardFact]
    public void Read_Driver_GivesPlausibleTotals()
    {
        Card.MustBeReal();

        var memory = Now();
        var capacity = DeviceCapacity.Read(Card.Device);

        Assert.InRange(memory.TotalBytes, 2L << 30, 1L << 40);
        Assert.InRange(memory.FreeBytes, 1, memory.TotalBytes);
        Assert.Equal(("cuda:0", true, memory.TotalBytes), (capacity.Name, capacity.IsCuda, capacity.TotalBytes));
        Assert.InRange(capacity.UsableBytes, 1L << 30, memory.TotalBytes);
    }

    [CardFact]
    public void GpuMonitor_Open_ReadsNameAndSensors()
    {
        Card.MustBeReal();
        var monitor = GpuMonitor.Open();

        var reading = monitor.ReadingOf(Card.Device) ?? monitor.Read()[0];

        Assert.Null(monitor.Absence);
        Assert.NotEqual("NVIDIA GPU", reading.Name); // what stands where a card does not tell
        Assert.InRange(reading.TotalBytes, 2L << 30, 1L << 40);
        Assert.InRange(reading.UsedBytes, 1, reading.TotalBytes);
        Assert.InRange(reading.TemperatureCelsius!.Value, 5, 110);
        Assert.InRange(reading.UtilizationPercent!.Value, 0, 100);
        TestContext.Current.TestOutputHelper?.WriteLine($"{reading}");
    }

    private static CudaMemory Now() => CudaMemory.Read(0) ?? throw new InvalidOperationException("The driver tells nothing of card 0.");
}
