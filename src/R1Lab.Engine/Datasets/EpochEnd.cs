using System.Text.Json.Serialization;

namespace R1Lab.Engine.Datasets;

/// <summary>What becomes of the lines at the end of an epoch that do not fill an optimizer step.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<EpochEnd>))]
public enum EpochEnd
{
    /// <summary>The step is filled up from the next epoch; only the very last step of the run may be short.</summary>
    CarryOver,

    /// <summary>The step is short, as in transformers 5: <c>ceil(ceil(rows / batch) / accumulation)</c> steps per epoch.</summary>
    ShortStep,

    /// <summary>As <see cref="ShortStep"/>, but lines that do not fill a micro-batch are left out, as with <c>dataloader_drop_last</c> of transformers.</summary>
    DropLast,

    /// <summary>As <see cref="ShortStep"/>, but the run ends after as many steps as Axolotl makes: those of all epochs' rows together, or with packing the full steps of an epoch times the epochs.</summary>
    WholeRun,
}
