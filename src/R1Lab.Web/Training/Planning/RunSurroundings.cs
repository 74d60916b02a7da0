using Microsoft.Extensions.Options;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using R1Lab.Web.Device;
using R1Lab.Web.Options;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Training;

/// <summary>The machine as a run would find it now: its device, what is loaded there, and the volume it would write to.</summary>
public sealed class RunSurroundings(ModelHost host, DeviceMemory memory, IOptions<LabOptions> lab)
{
    public RunMemory MemoryOf(RunFacts facts, DecoderConfig model) =>
        RunMemory.Of(facts, model, memory.Read(), host.MemoryBytes) with { FreeDiskBytes = DurableFile.FreeBytes(Path.GetFullPath(lab.Value.DataFolder)) };
}
