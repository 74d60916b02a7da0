using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;

namespace R1Lab.Bench.Memory;

/// <summary>One recipe whose memory is planned and measured.</summary>
/// <param name="RowLength">Tokens of every row.</param>
internal sealed record MemoryCase(string Name, TrainingRecipe Recipe, int RowLength)
{
    /// <summary>
    /// What matters for memory, one after the other: method, batch, length, checkpointing, packing, type and dropout. The last ones are for a model of
    /// billions of weights on a card.
    /// </summary>
    public static IReadOnlyList<MemoryCase> All { get; } =
    [
        Of("LoRA 4 x 256", 256, """{"method":"lora","per_device_train_batch_size":4}"""),
        Of("LoRA 16 x 512", 512, """{"method":"lora","per_device_train_batch_size":16}"""),
        Of("LoRA 16 x 512, checkpointing", 512, """{"method":"lora","per_device_train_batch_size":16,"gradient_checkpointing":true}"""),
        Of("LoRA 4 lines of 2048, packed", 120, """{"method":"lora","per_device_train_batch_size":4,"packing":true,"max_length":2048}"""),
        Of("LoRA 16 x 512, bfloat16, dropout", 512, """{"method":"lora","per_device_train_batch_size":16,"dtype":"bfloat16","lora":{"lora_dropout":0.1}}"""),
        Of("full 8 x 512", 512, """{"method":"full","per_device_train_batch_size":8}"""),
        Of("full 32 x 512, checkpointing", 512, """{"method":"full","per_device_train_batch_size":32,"gradient_checkpointing":true}"""),
        Of("QLoRA 16 x 512", 512, """{"method":"qlora","per_device_train_batch_size":16}"""),
        Of("LoRA 1 x 2048, checkpointing", 2048, """{"method":"lora","dtype":"bfloat16","per_device_train_batch_size":1,"gradient_checkpointing":true}"""),
        Of("LoRA 2 x 2048, checkpointing", 2048, """{"method":"lora","dtype":"bfloat16","per_device_train_batch_size":2,"gradient_checkpointing":true}"""),
        Of("LoRA 2 x 2048", 2048, """{"method":"lora","dtype":"bfloat16","per_device_train_batch_size":2}"""),
        Of("QLoRA 2 x 2048", 2048, """{"method":"qlora","dtype":"bfloat16","per_device_train_batch_size":2}"""),
        Of("QLoRA 2 x 2048, offloading", 2048, """{"method":"qlora","dtype":"bfloat16","per_device_train_batch_size":2,"activation_offloading":true}"""),
    ];

    private const int LargeCases = 5;

    /// <summary>Places in <see cref="All"/> to measure.</summary>
    /// <param name="large">A model of billions of weights on a card; false: a small one.</param>
    public static IEnumerable<int> Places(bool large) => large ? Enumerable.Range(All.Count - LargeCases, LargeCases) : Enumerable.Range(0, All.Count - LargeCases);

    /// <summary>Enough rows for every step.</summary>
    public int Rows => Recipe.EffectiveBatchSize * Recipe.MaxSteps!.Value * (Recipe.Packing ? Recipe.MaxLength / RowLength : 1);

    public MemoryCase WithSteps(int steps) => this with { Recipe = Recipe with { MaxSteps = steps } };

    public MemoryFacts Facts => new() { LongestRow = RowLength, Rows = Rows };

    private static MemoryCase Of(string name, int length, string recipe) => new(name, Parse(recipe) with
    {
        Name = name,
        Model = "measured",
        Dataset = "random tokens",
        MaxSteps = 4,
        SaveSteps = 1_000_000,
    }, length);

    private static TrainingRecipe Parse(string json) => TrainingRecipe.Parse(json, out var problems) ?? throw new InvalidOperationException(problems[0].Message);
}
