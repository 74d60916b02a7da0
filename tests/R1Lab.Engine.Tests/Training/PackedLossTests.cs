using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Rows packed into lines train as they do alone. Four of these models share keys between query heads.</summary>
public sealed class PackedLossTests
{
    private static readonly TokenExample[] Rows = TrainingRuns.Rows();

    [Theory]
    [InlineData("llama_base", TrainingMethod.Lora, false)]
    [InlineData("llama_base", TrainingMethod.Lora, true)]
    [InlineData("qwen2", TrainingMethod.Lora, false)]
    [InlineData("llama_rope3_tied", TrainingMethod.Full, false)]
    [InlineData("qwen3", TrainingMethod.Full, true)]
    public void Backward_Packed_HasTheLossAndGradientsOfTheRowsAlone(string model, TrainingMethod method, bool checkpointing)
    {
        var recipe = new TrainingRecipe { Method = method, Dtype = TrainingDtype.Float32, GradientCheckpointing = checkpointing, Lora = new LoraSettings { R = 4, LoraAlpha = 8 } };

        var alone = Run(model, recipe, [.. Rows.Select((_, row) => MicroBatch.Of(Rows, [[row]], packed: false))]);
        var packed = Run(model, recipe, [MicroBatch.Of(Rows, Lines(), packed: true)]);

        Assert.Equal(alone.Loss, packed.Loss, 1e-5);
        Assert.All(alone.Gradients.Zip(packed.Gradients), pair => Assert.InRange(GoldenTensors.Distance(pair.First, pair.Second), 0, 1e-5));
        foreach (var gradient in alone.Gradients.Concat(packed.Gradients)) gradient.Dispose();
    }

    [Fact]
    public void Evaluate_Packed_IsTheLossOfTheRowsAlone()
    {
        using var scope = NewDisposeScope();
        using var model = Trainables.Load(new TrainingRecipe { Dtype = TrainingDtype.Float32 }, TrainingRuns.Model("qwen3"), ComputeDevice.Cpu);
        var pass = new ForwardPass(model.Decoder, model.Adapter);

        var alone = Rows.Select((_, row) => Sum(MicroBatch.Of(Rows, [[row]], packed: false))).Sum();
        var packed = Sum(MicroBatch.Of(Rows, Lines(), packed: true));

        Assert.Equal(1, packed / alone, 1e-5);

        double Sum(MicroBatch batch) => pass.Evaluate(batch).Loss.ToSingle();
    }

    // Two lines of different length, so that one carries padding.
    private static int[][] Lines() => [[.. Enumerable.Range(0, Rows.Length / 2 + 1)], [.. Enumerable.Range(Rows.Length / 2 + 1, Rows.Length - Rows.Length / 2 - 1)]];

    private static (double Loss, IReadOnlyList<Tensor> Gradients) Run(string folder, TrainingRecipe recipe, IReadOnlyList<MicroBatch> batches)
    {
        using var scope = NewDisposeScope();
        using var model = Trainables.Load(recipe, TrainingRuns.Model(folder), ComputeDevice.Cpu);
        // A fresh adapter's B is zero and would leave A without gradient.
        using (no_grad()) foreach (var (name, tensor) in model.Parameters) if (name.Contains("lora_B", StringComparison.Ordinal)) tensor.normal_(0, 0.05, new Generator(7));
        var pass = new TrainingPass(model.Decoder, model.Adapter, recipe.GradientCheckpointing);
        var trained = batches.Sum(batch => batch.Targets.Length);
        var loss = batches.Sum(batch => (double)pass.Backward(batch, trained, 0).Loss.ToSingle());
        return (loss, [.. model.Parameters.Values.Select(tensor => tensor.grad!.clone().DetachFromDisposeScope())]);
    }
}
