using System.Security.Cryptography;
using System.Text;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Receipts;

namespace R1Lab.Web.Training;

/// <summary>
/// The receipt of every run, <c>receipt.json</c> in its output folder: begun with what the run starts from, completed with what came of it.
/// No run fails because its receipt could not be written.
/// </summary>
public sealed class RunReceipts(RunQueue queue, RunStore runs, IGpuMonitor cards, TimeProvider time, ILogger<RunReceipts> log)
{
    /// <summary>Writes what is known at the start: data, recipe, model, program and machine.</summary>
    public void Begin(Run run, RunPlan plan, TrainingJob job) => Try(run.Id, () =>
    {
        var (train, evaluation) = EvaluationSplit.Split(plan.Rows, job.Recipe.ValSize, job.Recipe.Seed);
        new RunReceipt
        {
            WrittenAt = time.GetUtcNow(),
            Run = Ended(run),
            Data = DataOf(run, plan, train, evaluation),
            Recipe = job.Recipe,
            Model = ModelOf(plan.Model!),
            Environment = ReceiptEnvironment.Current(job.Device, cards.ReadingOf(job.Device)?.Name),
        }.Write(PathOf(run.Id));
    });

    /// <summary>Adds the end of the run, its curves and events, and the hashes of its snapshots and result; before anybody is told of the end.</summary>
    public async Task CompleteAsync(int runId, RunStatus status)
    {
        if (!File.Exists(PathOf(runId))) return;
        try
        {
            var run = (await runs.GetAsync(runId))!;
            var (steps, events) = (await runs.StepsAsync(runId), await runs.EventsAsync(runId));
            (run.Status, run.FinishedAt) = (status, time.GetUtcNow());
            await Task.Run(() => Complete(run, steps, events));
        }
        catch (Exception error)
        {
            Warn(runId, error);
        }
    }

    /// <summary>The receipt of a run; null where there is none, as for runs that never began.</summary>
    /// <exception cref="BadInputException">The file is broken.</exception>
    public RunReceipt? Find(int runId) => File.Exists(PathOf(runId)) ? RunReceipt.Read(PathOf(runId)) : null;

    private void Complete(Run run, IReadOnlyList<StepMetrics> steps, IReadOnlyList<RunEvent> events)
    {
        var output = queue.OutputFolder(run.Id);
        var receipt = RunReceipt.Read(PathOf(run.Id)) with
        {
            WrittenAt = time.GetUtcNow(),
            Run = Ended(run) with { FinalEvalLoss = steps.LastOrDefault(step => step.EvalLoss is not null)?.EvalLoss },
            Curves = steps,
            Events = [.. events.Select(happened => new ReceiptEvent(happened.At, happened.Step, happened.Kind, happened.Message))],
            Snapshots = ReceiptFile.Snapshots(output),
            Results = run is { Status: RunStatus.Finished, OutputPath: { } result } ? ReceiptFile.Below(output, result) : [],
        };
        receipt.Write(PathOf(run.Id));
    }

    private static ReceiptRun Ended(Run run) => new()
    {
        Name = run.Name,
        Owner = run.OwnerName,
        StartedAt = run.StartedAt,
        EndedAt = run.FinishedAt,
        Outcome = SnakeCase.Of(run.Status),
        Step = run.Step,
        TotalSteps = run.TotalSteps,
        FinalLoss = run.FinalLoss,
    };

    private static ReceiptData DataOf(Run run, RunPlan plan, IReadOnlyList<TokenExample> train, IReadOnlyList<TokenExample> evaluation)
    {
        var facts = plan.Check.Facts!;
        return new ReceiptData
        {
            Name = plan.Dataset!.Name,
            Version = plan.Dataset.Version,
            TrainHash = RunIdentity.HashOf(train),
            EvaluationHash = RunIdentity.HashOf(evaluation),
            RowsIn = facts.Rows,
            RowsTrained = train.Count,
            RowsEvaluated = evaluation.Count,
            RowsLeftOut = facts.Omitted.GroupBy(row => row.Reason).ToDictionary(rows => SnakeCase.Of(rows.Key), rows => rows.Count()),
            RowsSplit = facts.SplitRows,
            LeftOut = facts.Omitted.GroupBy(row => row.Reason).ToDictionary(rows => SnakeCase.Of(rows.Key), rows => (IReadOnlyList<int>)[.. rows.Select(row => row.Row).Order()]),
        };
    }

    private static ReceiptModel ModelOf(ModelChoice model) => new()
    {
        Name = model.Name,
        Fingerprint = ModelFolder.Open(model.Folder).Fingerprint,
        TemplateHash = model.HasTokenizer && ModelText.ReadTemplate(model.Folder).Template is { } template ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(template.Source))) : null,
        ParameterCount = model.Config.ParameterCount,
    };

    private string PathOf(int runId) => Path.Combine(queue.OutputFolder(runId), RunReceipt.FileName);

    private void Try(int runId, Action work)
    {
        try
        {
            work();
        }
        catch (Exception error)
        {
            Warn(runId, error);
        }
    }

    private void Warn(int runId, Exception error) => log.LogWarning(error, "The receipt of run {Run} could not be written.", runId);
}
