using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Running;

/// <summary>
/// Time and memory from simple counting. Time: tokens of all epochs over a pace that was measured before, or else assumed from 4 (LoRA) or 6
/// (full) operations per weight and token on a device of ordinary speed. Memory: bytes of what must exist at once.
/// </summary>
public static class RunEstimator
{
    private const double CpuOperationsPerSecond = 60e9;
    private const double CardOperationsPerSecond = 40e12;

    public static RunEstimate Of(TrainingRecipe recipe, RunFacts facts, DecoderConfig model, double? measuredPace, string device)
    {
        var pace = measuredPace ?? AssumedPace(recipe, model, device);
        var rowsLearned = (double)facts.TotalSteps * facts.RowsPerStep;
        var tokensPerRow = (double)facts.Tokens / Math.Max(1, facts.TrainRows + facts.EvaluationRows);
        var time = TimeSpan.FromSeconds(Math.Min(rowsLearned * tokensPerRow / pace, TimeSpan.MaxValue.TotalSeconds / 2));
        return new(pace, measuredPace is not null, time, Memory(recipe, facts, model, device), device);
    }

    private static double AssumedPace(TrainingRecipe recipe, DecoderConfig model, string device)
    {
        var rate = device.StartsWith("cuda", StringComparison.Ordinal) ? CardOperationsPerSecond : CpuOperationsPerSecond;
        var perToken = (recipe.Method == TrainingMethod.Full ? 6d : 4d) * model.ParameterCount * (recipe.GradientCheckpointing ? 1.33 : 1);
        return rate / perToken;
    }

    private static MemoryEstimate Memory(TrainingRecipe recipe, RunFacts facts, DecoderConfig model, string device)
    {
        var bytes = BytesPerNumber(recipe.Dtype, device);
        var trained = recipe.Method == TrainingMethod.Full ? model.ParameterCount : AdapterParameters(recipe, model);
        // Masters, gradients and two moments in float32 for what is trained; a full run in float32 has its masters in the weights.
        var training = trained * (recipe.Method == TrainingMethod.Full && bytes == 4 ? 12d : 16d);
        return new(model.ParameterCount * (double)bytes, training, Activations(recipe, facts, model, bytes));
    }

    private static double Activations(TrainingRecipe recipe, RunFacts facts, DecoderConfig model, int bytes)
    {
        var tokens = (double)recipe.PerDeviceTrainBatchSize * Math.Min(facts.LongestRow, recipe.MaxLength);
        var perBlock = (8d * model.HiddenSize) + (4d * model.IntermediateSize) + (2d * model.HeadCount * Math.Min(facts.LongestRow, recipe.MaxLength));
        var blocks = recipe.GradientCheckpointing ? perBlock + ((double)model.LayerCount * model.HiddenSize) : perBlock * model.LayerCount;
        return tokens * ((blocks * bytes) + (model.VocabSize * 8d));
    }

    private static double AdapterParameters(TrainingRecipe recipe, DecoderConfig model)
    {
        var queries = model.HeadCount * model.HeadDim;
        var keys = model.KeyValueHeadCount * model.HeadDim;
        var sides = new Dictionary<string, int>(StringComparer.Ordinal)
        {
            ["q_proj"] = model.HiddenSize + queries,
            ["k_proj"] = model.HiddenSize + keys,
            ["v_proj"] = model.HiddenSize + keys,
            ["o_proj"] = queries + model.HiddenSize,
            ["gate_proj"] = model.HiddenSize + model.IntermediateSize,
            ["up_proj"] = model.HiddenSize + model.IntermediateSize,
            ["down_proj"] = model.IntermediateSize + model.HiddenSize,
        };
        var perRank = recipe.Effective().Lora.TargetModules.Sum(name => (double)sides.GetValueOrDefault(name[(name.LastIndexOf('.') + 1)..]));
        return perRank * recipe.Lora.R * model.LayerCount;
    }

    private static int BytesPerNumber(TrainingDtype dtype, string device) => dtype switch
    {
        TrainingDtype.Float32 => 4,
        TrainingDtype.Bfloat16 => 2,
        _ => device.StartsWith("cuda", StringComparison.Ordinal) ? 2 : 4,
    };
}
