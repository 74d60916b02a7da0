using R1Lab.Samples;
using R1Lab.Samples.Corpus;
using R1Lab.Samples.Making;
using R1Lab.Samples.Scoring;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) => { pressed.Cancel = true; stop.Cancel(); };
var work = Path.Combine(SampleFolders.Root, "work");
switch (args)
{
    case ["make-datasets"]:
        CorpusFile.WriteDatasets();
        return 0;
    case ["make-demo"]:
        CorpusFile.WriteDatasets();
        PreTraining.MakeDemo(work, stop.Token);
        return 0;
    case ["score", var model, .. var options]:
        var score = await Scorer.ScoreAsync(model, options is ["--adapter", var adapter] ? adapter : null);
        Console.WriteLine($"{score.ToMisses()}\n\n{score.ToTable()}");
        return 0;
    case ["lift"]:
        var lift = await Lift.MeasureAsync(SampleFolders.Model, Directory.CreateTempSubdirectory("r1lab-lift-").FullName, ConsoleReport.Observer);
        Console.WriteLine($"before\n{lift.Before.ToTable()}\n\nafter {lift.Training.TotalSeconds:F0} s of training\n{lift.After.ToTable()}\n\n+{lift.Points:F1} points");
        return 0;
    default:
        Console.Error.WriteLine("make-datasets | make-demo | score <model folder> [--adapter <folder>] | lift");
        return 2;
}
