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

    /// <summary>
    /// Optimizer steps over <paramref name="rows"/> rows, those of the evaluation split included. Batches run on across the end of an epoch, so
    /// that no step is smaller than the others but the very last.
    /// </summary>
    public int TotalSteps(int rows) => StepsOver(rows - EvaluationSplit.Count(rows, ValSize));

    /// <summary>Warm-up in steps: <see cref="WarmupSteps"/>, else <see cref="WarmupRatio"/> of all, rounded up.</summary>
    public int WarmupOf(int totalSteps) => WarmupSteps > 0 ? WarmupSteps : (int)Math.Ceiling(totalSteps * WarmupRatio);

    /// <summary>Steps between snapshots in a run of this length.</summary>
    public int SaveEvery(int totalSteps) => SaveSteps ?? Math.Max(10, (totalSteps + 9) / 10);

    /// <summary>How often a run of so many steps evaluates.</summary>
    /// <param name="trainRows">Rows of one pass, those held out not counted.</param>
    public int Evaluations(int totalSteps, int trainRows)
    {
        return new EvaluationSchedule(this, totalSteps).Count((double)EffectiveBatchSize / trainRows, (double)(totalSteps - 1) * EffectiveBatchSize / trainRows);
    }

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
        PerDeviceTrainBatchSize, GradientAccumulationSteps, MaxSteps is > 0 ? null : NumTrainEpochs, Shuffle, Seed, GroupByLength, Packing ? MaxLength : null);

    /// <summary>Steps over rows that are all trained.</summary>
    internal int StepsOver(int trainRows) =>
        MaxSteps is > 0 ? MaxSteps.Value : Math.Max(1, (int)Math.Ceiling(RowsToLearn(trainRows) / (double)EffectiveBatchSize));

    internal long RowsToLearn(int trainRows) => (long)Math.Ceiling(NumTrainEpochs * trainRows - 1e-9);
}
