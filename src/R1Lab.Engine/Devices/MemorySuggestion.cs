using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>One change that lowers the memory a run needs.</summary>
/// <param name="Code">Which change, to translate by: <c>smaller_micro_batch</c>, <c>gradient_checkpointing</c>, <c>activation_offloading</c>, <c>embedding_on_host</c>, <c>unload_chat_model</c>, <c>bfloat16</c>, <c>adamw_8bit</c>, <c>qlora</c>, <c>lora</c>, <c>shorter_max_length</c>, <c>lower_rank</c>.</param>
/// <param name="Recipe">The recipe with the change made.</param>
/// <param name="SavedBytes">Bytes less than without it.</param>
/// <param name="Fits">With this change alone the run fits.</param>
/// <param name="SameResult">The run learns the same, within rounding.</param>
/// <param name="Arguments">Numbers for the text: old and new value.</param>
public sealed record MemorySuggestion(string Code, TrainingRecipe Recipe, long SavedBytes, bool Fits, bool SameResult, params IReadOnlyList<object> Arguments);
