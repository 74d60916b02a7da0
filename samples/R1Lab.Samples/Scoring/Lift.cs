using System.Diagnostics;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Training;

namespace R1Lab.Samples.Scoring;

/// <summary>How much the shipped dataset and the quick trial preset make of a model.</summary>
public sealed record Lift(HeldOutScore Before, HeldOutScore After, TimeSpan Training)
{
    public double Points => After.ExactMatchPercent - Before.ExactMatchPercent;

    /// <summary>Scores the model, fine-tunes it as the "New run" page would, and scores it again.</summary>
    /// <param name="workFolder">Where the run's snapshots and adapter go.</param>
    public static async Task<Lift> MeasureAsync(string modelFolder, string workFolder, TrainingObserver observer)
    {
        var before = await Scorer.ScoreAsync(modelFolder);
        var clock = Stopwatch.StartNew();
        var adapter = FineTune(modelFolder, workFolder, observer);
        var training = clock.Elapsed;
        return new Lift(before, await Scorer.ScoreAsync(modelFolder, adapter), training);
    }

    private static string FineTune(string modelFolder, string workFolder, TrainingObserver observer)
    {
        var parameters = DecoderConfig.Parse(ModelFolder.Open(modelFolder).ConfigJson, modelFolder).ParameterCount;
        var recipe = TrainingRecipe.Preset("quick_trial", parameters) with { MaxSamples = null }; // the figures of the samples are those of all rows
        var encoder = new ExampleEncoder(Tokenizer.Load(modelFolder), ChatTemplate.Load(modelFolder), recipe.ThinkingPolicy, recipe.MaxLength);
        var read = JsonlReader.Read(SampleFolders.FineTuningRows, DatasetFormat.PromptResponse);
        var rows = EncodedDataset.Of(read.Rows.Select((row, i) => (i, row)), encoder);
        var job = new TrainingJob(recipe, modelFolder, workFolder, rows.Examples, [], ComputeDevice.Cpu);
        return new Trainer(job, observer).Run(CancellationToken.None).OutputPath;
    }
}
