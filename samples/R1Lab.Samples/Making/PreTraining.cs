using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Training;
using R1Lab.Samples.Corpus;
using R1Lab.Samples.Problems;

namespace R1Lab.Samples.Making;

/// <summary>Trains the demo model from fresh weights by the recipes beside it. Interrupted, it goes on from its newest snapshot.</summary>
public static class PreTraining
{
    // The first stage learns the forms and single steps, the second one more chains of steps.
    private static readonly (int Rows, ulong Seed, int ChainPercent)[] Stages = [(24_000, DemoCorpus.Seed, 13), (26_000, DemoCorpus.Seed + 3, 28)];

    /// <param name="workFolder">Fresh weights, snapshots and what each stage made.</param>
    /// <param name="stop">Ends after the step it is in, with a snapshot to go on from.</param>
    public static void MakeDemo(string workFolder, CancellationToken stop)
    {
        var model = Path.Combine(workFolder, "fresh");
        if (!File.Exists(Path.Combine(model, "model.safetensors"))) DemoModel.CreateFresh(model);
        for (var stage = 1; stage <= Stages.Length; stage++)
        {
            var made = Path.Combine(workFolder, $"pre-training-{stage}");
            var finished = Path.Combine(made, "model", "model.safetensors");
            if (!File.Exists(finished) && Run(stage, model, made, stop).Outcome != TrainingOutcome.Finished) return;
            model = Path.Combine(made, "model");
        }

        DemoModel.Publish(model, SampleFolders.Model);
        Console.WriteLine($"{SampleFolders.Model}: written.");
    }

    private static TrainingResult Run(int stage, string model, string output, CancellationToken stop)
    {
        var recipe = TrainingRecipe.Parse(File.ReadAllText(SampleFolders.PreTrainingRecipe(stage)), out var problems)
            ?? throw new InvalidDataException(string.Join(' ', problems.Select(problem => problem.Message)));
        var (count, seed, chains) = Stages[stage - 1];
        var rows = Encode(DemoCorpus.PreTraining(seed, chains).Take(count), model, recipe);
        Console.WriteLine($"Stage {stage}: {rows.Examples.Count} rows, {rows.Tokens} tokens, {rows.Omitted.Count} too long.");
        var dealt = LengthDealing.Deal(rows.Examples, recipe.PerDeviceTrainBatchSize, seed);
        return new Trainer(new TrainingJob(recipe, model, output, dealt, [], ComputeDevice.Cpu), ConsoleReport.Observer).Run(stop);
    }

    /// <summary>Problems as the model learns them.</summary>
    internal static EncodedDataset Encode(IEnumerable<ExampleProblem> problems, string model, TrainingRecipe recipe)
    {
        var encoder = new ExampleEncoder(Tokenizer.Load(model), ChatTemplate.Load(model), recipe.ThinkingPolicy, recipe.MaxLength);
        return EncodedDataset.Of(problems.Select((problem, i) => (i, (DatasetRow)ConversationRow.Of(problem.Prompt, problem.Response))), encoder);
    }
}
