using System.Text.Json.Serialization;

namespace R1Lab.Engine.Training;

/// <summary>What is trained: a low-rank adapter (plain, over a quantised base, or weight-decomposed) or every weight.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TrainingMethod>))]
public enum TrainingMethod { Lora, Qlora, Dora, Full }

/// <summary>What is learned from a row.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TrainingObjective>))]
public enum TrainingObjective { Sft }

/// <summary>The learning rate's course, by Hugging Face's names.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<SchedulerType>))]
public enum SchedulerType { Linear, Cosine, CosineWithRestarts, Polynomial, Constant, ConstantWithWarmup, InverseSqrt, CosineWithMinLr }

/// <summary>Which weights decay: all but biases and norms as Hugging Face's trainer does, or every one.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<DecayGroups>))]
public enum DecayGroups { Hf, Uniform }

/// <summary>What an optimizer step's loss is divided by: the learned tokens of the whole step, or each micro-batch by its own and the mean of those.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<LossNormalization>))]
public enum LossNormalization { TokenSum, MicroMean }

/// <summary>Type of the arithmetic. Auto: bfloat16 on a card, float32 on the CPU. Losses of float16 are scaled so that small gradients do not vanish; on the CPU it is slow. Masters and moments are float32 always.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TrainingDtype>))]
public enum TrainingDtype { Auto, Float32, Bfloat16, Float16 }

/// <summary>How the frozen base is stored under <see cref="TrainingMethod.Qlora"/>: 4-bit NormalFloat in blocks of 64 (arXiv 2305.14314), or 8-bit integers a row.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<BaseQuantization>))]
public enum BaseQuantization { Nf4, Int8 }

/// <summary>AdamW with float32 moments, or with moments in 8-bit blocks (arXiv 2110.02861).</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<OptimizerType>))]
public enum OptimizerType
{
    Adamw,

    [JsonStringEnumMemberName("adamw_8bit")]
    Adamw8Bit,
}

/// <summary>What "best" means among the checkpoints of a run: least evaluation loss, or most evaluation tokens predicted right.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<BestMetric>))]
public enum BestMetric { EvalLoss, EvalTokenAccuracy }

/// <summary>One device, or the layers spread over several in the order of the memory plan.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<DeviceMap>))]
public enum DeviceMap { Single, Auto }
