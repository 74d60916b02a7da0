using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training;

public sealed partial record TrainingRecipe
{
    /// <summary>Names other families give to projections that Llama and Qwen keep apart.</summary>
    private static readonly Dictionary<string, string[]> FusedProjections = new(StringComparer.Ordinal)
    {
        ["query_key_value"] = ["q_proj", "k_proj", "v_proj"],
        ["qkv_proj"] = ["q_proj", "k_proj", "v_proj"],
        ["c_attn"] = ["q_proj", "k_proj", "v_proj"],
        ["W_pack"] = ["q_proj", "k_proj", "v_proj"],
        ["gate_up_proj"] = ["gate_proj", "up_proj"],
        ["all-linear"] = [.. LoraSettings.AllProjections],
        ["all"] = [.. LoraSettings.AllProjections],
    };

    /// <summary>The type of the arithmetic with <see cref="TrainingDtype.Auto"/> decided.</summary>
    public TrainingDtype DtypeOn(bool isCuda) => Dtype != TrainingDtype.Auto ? Dtype : isCuda ? TrainingDtype.Bfloat16 : TrainingDtype.Float32;

    /// <summary>Rows of an optimizer step: batch size times accumulation.</summary>
    public int EffectiveBatchSize => PerDeviceTrainBatchSize * GradientAccumulationSteps;

    /// <summary>Warm-up in steps: <see cref="WarmupSteps"/>, else <see cref="WarmupRatio"/> of all, rounded up.</summary>
    public int WarmupOf(int totalSteps) => WarmupSteps > 0 ? WarmupSteps : (int)Math.Ceiling(totalSteps * WarmupRatio);

    /// <summary>Steps between snapshots in a run of this length.</summary>
    public int SaveEvery(int totalSteps) => SaveSteps is { } steps ? Every(steps, totalSteps) : Math.Max(10, (totalSteps + 9) / 10);

    /// <summary>Steps between two logged ones in a run of this length.</summary>
    public int LogEvery(int totalSteps) => Every(LoggingSteps, totalSteps);

    /// <summary>Steps between evaluations in a run of this length; null where they go by epochs.</summary>
    public int? EvaluateEvery(int totalSteps) => EvalsPerEpoch is null && EvalSteps is { } steps ? Every(steps, totalSteps) : null;

    /// <summary>What <see cref="EmbeddingOnHost"/> comes to: memory is what QLoRA is chosen for.</summary>
    public bool KeepsEmbeddingOnHost => EmbeddingOnHost ?? Method == TrainingMethod.Qlora;

    /// <summary>The recipe as it is carried out: module names of other families mapped to this one's, DoRA written as the adapter's flag, a
    /// quantised base in layer segments.</summary>
    public TrainingRecipe Effective()
    {
        var targets = Lora.TargetModules.SelectMany(name => FusedProjections.GetValueOrDefault(name, [name])).Distinct().ToArray();
        // The dense form of a quantised layer lives in its segment only; in one graph over all layers the model would be dense again.
        return this with { GradientCheckpointing = GradientCheckpointing || Method == TrainingMethod.Qlora, Lora = Lora with { TargetModules = targets, UseDora = Lora.UseDora || Method == TrainingMethod.Dora } };
    }

    /// <summary>How rows become batches.</summary>
    internal BatchSettings Batches() => new(
        PerDeviceTrainBatchSize, GradientAccumulationSteps, MaxSteps is > 0 ? null : NumTrainEpochs, Shuffle, Seed, GroupByLength, Packing ? MaxLength : null, EpochEnd);

    // A share is rounded up, as in transformers.
    private static int Every(double steps, int totalSteps) => (int)Math.Clamp(steps < 1 ? Math.Ceiling(totalSteps * steps) : steps, 1, int.MaxValue);

    /// <summary>Optimizer steps of a run over these batches.</summary>
    internal int StepsOver(Batcher batches) => batches.Steps ?? MaxSteps!.Value;
}
