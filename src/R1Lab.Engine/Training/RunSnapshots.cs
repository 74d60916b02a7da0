using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>The snapshots of one run: saves, resumes, and takes the best one back for the result.</summary>
/// <param name="outputFolder">The run's folder; snapshots are in <c>snapshots/</c>.</param>
/// <param name="recipe">The effective recipe.</param>
internal sealed class RunSnapshots(string outputFolder, TrainingRecipe recipe, TrainingObserver observer, TrainingTold told)
{
    private readonly string _folder = Path.Combine(outputFolder, "snapshots");
    private int _savedStep = -1;
    private bool _rowsKept;

    /// <summary>Called in the middle of writing a snapshot.</summary>
    public Action? WhileWriting { get; init; }

    /// <summary>Continues a run from its newest whole snapshot.</summary>
    /// <returns>False where there is none.</returns>
    /// <exception cref="ResumeRefusedException">It is of a run with another recipe, data or model.</exception>
    public bool Resume(TrainingRun run)
    {
        if (Snapshot.Newest(_folder, told.SnapshotSkipped) is not { } snapshot) return false;
        run.Resume(snapshot);
        _savedStep = run.Step;
        told.Resumed(run.Step);
        return true;
    }

    /// <summary>Saves where the recipe asks for it after this step, or where it is the best so far.</summary>
    public void SaveWhenDue(TrainingRun run)
    {
        if (run.Step < run.TotalSteps && (run.Step % recipe.SaveEvery(run.TotalSteps) == 0 || BestOf(run) == run.Step)) Save(run);
    }

    /// <summary>The folder of a snapshot of this step, written unless it is there.</summary>
    public string Ensure(TrainingRun run) => _savedStep == run.Step ? Snapshot.FolderOf(_folder, run.Step) : Save(run);

    /// <summary>Takes the best step's parameters where the recipe asks for them.</summary>
    /// <returns>The step whose parameters the run has now.</returns>
    public int TakeBest(TrainingRun run)
    {
        if (BestOf(run) is not { } best || best == run.Step) return run.Step;
        if (Snapshot.Of(_folder, best, out var reason) is not { } snapshot)
        {
            told.BestMissing(run.Step, best, reason!);
            return run.Step;
        }

        run.Steps.TakeResult(snapshot);
        told.BestRestored(run.Step, run.Standing, recipe.MetricForBestModel);
        return best;
    }

    private string Save(TrainingRun run)
    {
        using var scope = NewDisposeScope();
        observer.BeforeSnapshot?.Invoke();
        told.Log?.Save();
        if (!_rowsKept) run.Prints.Write(_folder);
        _rowsKept = true;
        var folder = Snapshot.Write(_folder, run.State, run.Tensors, recipe.SaveTotalLimit, BestOf(run), WhileWriting);
        _savedStep = run.Step;
        told.SnapshotSaved(run.Step, folder);
        return folder;
    }

    // The step whose parameters would become the result now.
    private int? BestOf(TrainingRun run) => recipe.LoadBestModelAtEnd ? run.Standing.BestStep : null;
}
