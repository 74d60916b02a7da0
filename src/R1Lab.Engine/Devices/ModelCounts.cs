using R1Lab.Engine.Adapters;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>How many numbers a model and what is trained of it hold, counted from names and shapes alone.</summary>
/// <param name="Linear">In the linear maps of all layers: what quantisation shrinks.</param>
/// <param name="Rest">In embedding, head, norms and biases: what stays in the type computed with.</param>
/// <param name="LargestLayer">In the linear maps of one layer.</param>
/// <param name="LargestTensor">In the largest single tensor.</param>
/// <param name="Adapter">In the adapter; 0 for full fine-tuning.</param>
/// <param name="Trained">That learn.</param>
/// <param name="LargestTrained">In the largest tensor that learns.</param>
internal sealed record ModelCounts(long Linear, long Rest, long LargestLayer, long LargestTensor, long Adapter, long Trained, long LargestTrained)
{
    /// <param name="recipe">An effective recipe.</param>
    public static ModelCounts Of(TrainingRecipe recipe, DecoderConfig model)
    {
        var shapes = Decoder.ParameterShapes(model);
        var linear = shapes.Where(weight => IsLinear(weight.Key)).Sum(weight => Count(weight.Value));
        var all = shapes.Values.Sum(Count);
        var adapter = recipe.Method == TrainingMethod.Full ? [] : AdapterTensors(recipe.Lora, shapes).ToList();
        var trained = recipe.Method == TrainingMethod.Full ? [.. shapes.Where(weight => Trainables.Learns(weight.Key, recipe.FreezeLayers)).Select(weight => Count(weight.Value))] : adapter;
        return new ModelCounts(linear, all - linear, linear / model.LayerCount, shapes.Values.Max(Count), adapter.Sum(), trained.Sum(), trained.DefaultIfEmpty().Max());
    }

    /// <summary>Every adapter tensor's size: A, B and DoRA's magnitude, ranks by pattern included.</summary>
    private static IEnumerable<long> AdapterTensors(LoraSettings lora, IReadOnlyDictionary<string, long[]> shapes)
    {
        var peft = lora.ToPeft();
        foreach (var (name, shape) in shapes.Where(weight => IsLinear(weight.Key)))
        {
            var path = name[..^".weight".Length];
            if (!peft.Targets(path)) continue;
            yield return peft.RankOf(path) * shape[1];
            yield return peft.RankOf(path) * shape[0];
            if (lora.UseDora) yield return shape[0];
        }
    }

    private static bool IsLinear(string name) => name.EndsWith("_proj.weight", StringComparison.Ordinal);

    private static long Count(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);
}
