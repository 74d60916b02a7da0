using System.Globalization;
using R1Lab.Data.Models;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Web.Device;
using R1Lab.Web.Localization;

namespace R1Lab.Web.Serving;

/// <summary>
/// Plans the memory of models that answer. What does not fit is refused with its numbers before a weight is read: beyond its memory Linux would end
/// the whole program, with everybody's runs and pages in it.
/// </summary>
public sealed class ModelRoom(DeviceMemory memory)
{
    public DeviceCapacity Read() => memory.Read();

    /// <summary>A base with an answer, and an adapter on it.</summary>
    public ServingNeeds NeedsOf(DecoderConfig shape, RegisteredModel? adapter) => ServingNeeds.Of(shape, Read().IsCuda, FileBytes(adapter));

    /// <summary>An adapter on a base that is in memory.</summary>
    internal ServingNeeds NeedsOf(RegisteredModel adapter, ResidentModel on) => ServingNeeds.OfAdapter(FileBytes(adapter), on.Element);

    public bool Fits(ServingNeeds needs) => needs.TotalBytes <= Read().FreeBytes;

    /// <summary>Refuses what would not fit after all models that nobody uses have made room.</summary>
    /// <param name="name">The model asked for.</param>
    /// <param name="needs">What it needs.</param>
    /// <param name="idleBytes">Held by models that nobody uses.</param>
    /// <param name="busyBytes">Held by models in use.</param>
    /// <exception cref="ModelBusyException">It will fit when those in use are free.</exception>
    /// <exception cref="ModelUnavailableException">It does not fit at all.</exception>
    public void Demand(string name, ServingNeeds needs, long idleBytes, long busyBytes)
    {
        var free = Read().FreeBytes;
        if (needs.TotalBytes <= free + idleBytes) return;
        throw needs.TotalBytes <= free + idleBytes + busyBytes
            ? new ModelBusyException($"There is no room in memory for the model '{name}' while other models are in use.")
            : Refusal(name, needs, idleBytes + busyBytes);
    }

    /// <param name="otherBytes">Of other models, which could make room.</param>
    public ModelUnavailableException Refusal(string name, ServingNeeds needs, long otherBytes)
    {
        var capacity = Read();
        var free = capacity.FreeBytes + otherBytes;
        object[] values =
        [
            name, ByteSize.Show(needs.TotalBytes), ByteSize.Show(needs.Weights + needs.Adapter), ByteSize.Show(needs.Answer),
            capacity.Name, ByteSize.Show(free), Parameters(needs.LargestModel(free)),
        ];
        var message = string.Format(CultureInfo.InvariantCulture,
            "The model '{0}' needs about {1} of memory to answer ({2} of weights, {3} for an answer); {4} has {5} free. A model of up to {6} parameters would fit.", values);
        return new ModelUnavailableException(new Problem("model_does_not_fit", "model", ProblemSeverity.Error, message, values));
    }

    private static string Parameters(long count) => count >= 1_000_000_000
        ? string.Create(CultureInfo.CurrentCulture, $"{count / 1e9:0.0} B")
        : string.Create(CultureInfo.CurrentCulture, $"{count / 1e6:0.0} M");

    private static long FileBytes(RegisteredModel? adapter) =>
        adapter is null ? 0 : PeftAdapter.WeightBytes(adapter.Path);
}
