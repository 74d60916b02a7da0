using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training;

/// <summary>
/// Everything that decides a training run, frozen. Fields carry Hugging Face's names; JSON, form, checks and other tools' names follow <see
/// cref="Recipe.RecipeSchema"/>.
/// </summary>
public sealed partial record TrainingRecipe
{
    /// <summary>The run's name, free to choose.</summary>
    public string? Name { get; init; }

    /// <summary>A registered model's name or a model folder.</summary>
    public string Model { get; init; } = "";

    /// <summary>The dataset's number or name.</summary>
    public string Dataset { get; init; } = "";

    public TrainingMethod Method { get; init; } = TrainingMethod.Lora;

    /// <summary>How <see cref="TrainingMethod.Qlora"/> stores the base. Not looked at by other methods.</summary>
    public BaseQuantization Quantization { get; init; } = BaseQuantization.Nf4;

    /// <summary>Quantises the scales of NF4 blocks too (8 bits and one float32 a 256 scales).</summary>
    public bool DoubleQuantization { get; init; } = true;

    /// <summary>Full fine-tuning leaves the embedding (with tied embeddings the output matrix too) and this many first layers as they are.</summary>
    public int FreezeLayers { get; init; }

    public TrainingObjective Objective { get; init; } = TrainingObjective.Sft;

    public ThinkingPolicy ThinkingPolicy { get; init; } = ThinkingPolicy.KeepThoughts;

    public OptimizerType Optim { get; init; } = OptimizerType.Adamw;

    public double LearningRate { get; init; } = 1e-4;

    public SchedulerType LrSchedulerType { get; init; } = SchedulerType.Linear;

    public SchedulerSettings LrSchedulerKwargs { get; init; } = new();

    /// <summary>Optimizer steps of warm-up; above 0 it wins over <see cref="WarmupRatio"/>.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>Warm-up as a share of all steps.</summary>
    public double WarmupRatio { get; init; }

    public double WeightDecay { get; init; }

    public DecayGroups DecayGroups { get; init; } = DecayGroups.Hf;

    public double AdamBeta1 { get; init; } = 0.9;

    public double AdamBeta2 { get; init; } = 0.999;

    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>The gradient's total 2-norm is cut to this; 0 leaves it alone.</summary>
    public double MaxGradNorm { get; init; } = 1;

    public int PerDeviceTrainBatchSize { get; init; } = 4;

    /// <summary>Rows at once in evaluation; the training batch size when null.</summary>
    public int? PerDeviceEvalBatchSize { get; init; }

    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>What becomes of rows that do not fill the last step of an epoch. A recipe that does not say is one of before this setting, whose steps ran on.</summary>
    public EpochEnd EpochEnd { get; init; } = EpochEnd.CarryOver;

    public LossNormalization LossNormalization { get; init; } = LossNormalization.TokenSum;

    /// <summary>Times the data is passed; may be broken. Not looked at when <see cref="MaxSteps"/> is set.</summary>
    public double NumTrainEpochs { get; init; } = 3;

    /// <summary>Optimizer steps; null or below 1: by <see cref="NumTrainEpochs"/>.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Most rows of the dataset that are used, drawn by <see cref="Seed"/>, those held out for evaluation included; null: all.</summary>
    public int? MaxSamples { get; init; }

    /// <summary>Longest row in tokens, prompt and response; longer rows are left out and listed, never cut.</summary>
    public int MaxLength { get; init; } = 4096;

    /// <summary>What becomes of longer rows.</summary>
    public OverlongRows OverlongRows { get; init; } = OverlongRows.Drop;

    /// <summary>Which tokens of a conversation are learned.</summary>
    public TrainOn TrainOn { get; init; } = TrainOn.AllAssistantTurns;

    /// <summary>Several rows in one line of the batch, without attention between them.</summary>
    public bool Packing { get; init; }

    /// <summary>Rows of like length together, for less padding.</summary>
    public bool GroupByLength { get; init; }

    /// <summary>False: file order, in every epoch.</summary>
    public bool Shuffle { get; init; } = true;

    public long Seed { get; init; } = 42;

    /// <summary>Optimizer steps between two logged ones; below 1 a share of all steps.</summary>
    public double LoggingSteps { get; init; } = 1;

    /// <summary>Optimizer steps between snapshots; below 1 a share of all steps; null: about ten per run.</summary>
    public double? SaveSteps { get; init; }

    /// <summary>Snapshots kept; the newest whole one is never deleted. Null: all of them.</summary>
    public int? SaveTotalLimit { get; init; } = 2;

    /// <summary>Optimizer steps between evaluations; below 1 a share of all steps; null: at the end of every epoch.</summary>
    public double? EvalSteps { get; init; }

    /// <summary>Evaluations in every pass over the data; wins over <see cref="EvalSteps"/>.</summary>
    public double? EvalsPerEpoch { get; init; }

    /// <summary>Evaluations without a better one after which the run ends; null: it goes to its end.</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>An evaluation counts as better when it is so by more than this.</summary>
    public double EarlyStoppingThreshold { get; init; }

    /// <summary>What best means, for early stopping and for the checkpoint that is kept.</summary>
    public BestMetric MetricForBestModel { get; init; } = BestMetric.EvalLoss;

    /// <summary>The result is the best checkpoint instead of the last; it is kept beside the newest ones.</summary>
    public bool LoadBestModelAtEnd { get; init; }

    /// <summary>Rows held out for evaluation: a share below 1, or a number of rows.</summary>
    public double ValSize { get; init; }

    public TrainingDtype Dtype { get; init; } = TrainingDtype.Auto;

    /// <summary>Keep only each block's input and compute the block again for its gradient: less memory, about a third more time.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>With checkpointing: how many of the first blocks are computed again; null: all. Those behind keep what their gradient needs, which takes memory and saves time; the result is the same.</summary>
    public int? GradientCheckpointingLayers { get; init; }

    /// <summary>With checkpointing: the blocks' inputs wait in host memory. Saves memory on a card and takes a little time; no effect on the CPU.</summary>
    public bool ActivationOffloading { get; init; }

    /// <summary>
    /// The frozen embedding stays in host memory, read in place where the file has its type; only the rows of a batch go to the card. Bit-equal, and
    /// saves the embedding's size on a card. Null: with QLoRA. No effect on the CPU, in full fine-tuning, or where the embedding is the output matrix too.
    /// </summary>
    public bool? EmbeddingOnHost { get; init; }

    /// <summary>Over which devices the layers are spread. With one device nothing changes; not run on several cards yet.</summary>
    public DeviceMap DeviceMap { get; init; } = DeviceMap.Single;

    /// <summary>Strength of the noise on embeddings while training (arXiv 2310.05914); null: none.</summary>
    public double? NeftuneNoiseAlpha { get; init; }

    /// <summary>Prompts answered at the start and at every evaluation, so that eyes can follow what changes.</summary>
    public IReadOnlyList<string> ProbePrompts { get; init; } = [];

    /// <summary>Longest answer to a probe prompt, in tokens.</summary>
    public int ProbeMaxNewTokens { get; init; } = 256;

    /// <summary>Codes of problems that need a person's word and have it.</summary>
    public IReadOnlyList<string> Confirmed { get; init; } = [];

    public LoraSettings Lora { get; init; } = new();
}

/// <summary>The numbers only some schedules have (Hugging Face's <c>lr_scheduler_kwargs</c>).</summary>
public sealed record SchedulerSettings
{
    /// <summary>Cosine: waves over the run; null: 0.5 (cosine) or 1 (with restarts).</summary>
    public double? NumCycles { get; init; }

    /// <summary>Lowest rate of <c>cosine_with_min_lr</c>.</summary>
    public double? MinLr { get; init; }

    /// <summary>The same as a share of the learning rate.</summary>
    public double? MinLrRate { get; init; }

    /// <summary>Last rate of <c>polynomial</c>.</summary>
    public double LrEnd { get; init; } = 1e-7;

    public double Power { get; init; } = 1;

    /// <summary>Time scale of <c>inverse_sqrt</c>; null: the warm-up steps, or 10,000.</summary>
    public int? Timescale { get; init; }
}
