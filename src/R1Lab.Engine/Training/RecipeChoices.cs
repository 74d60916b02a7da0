using System.Text.Json.Serialization;

namespace R1Lab.Engine.Training;

/// <summary>What is trained: a low-rank adapter (plain or weight-decomposed) or every weight.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TrainingMethod>))]
public enum TrainingMethod { Lora, Dora, Full }

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

/// <summary>Type of the arithmetic. Auto: bfloat16 on a card, float32 on the CPU. Masters and moments are float32 always.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TrainingDtype>))]
public enum TrainingDtype { Auto, Float32, Bfloat16, Float16 }
