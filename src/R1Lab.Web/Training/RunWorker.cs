using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Web.Options;

namespace R1Lab.Web.Training;

/// <summary>
/// Takes queued runs one after the other. When the program starts, what was running before is called interrupted and, by setting, put at the head of
/// the line again; when the program ends, the present run takes a snapshot at its next step boundary first.
/// </summary>
public sealed class RunWorker(RunQueue queue, RunLine line, RunExecution execution, RunStore runs, IOptions<LabOptions> lab, ILogger<RunWorker> log)
    : BackgroundService
{
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(5);

    /// <summary>The snapshot is waited for, however long the step takes: stopping in the middle of it would lose the work since the last one.</summary>
    public override Task StopAsync(CancellationToken cancellationToken) => base.StopAsync(CancellationToken.None);

    /// <summary>Before the first page or request can ask, no run is called running that is not.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RecoverAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await line.ClaimNextAsync(stoppingToken) is { } run) await execution.RunAsync(run, stoppingToken);
                else await line.WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // The queue must outlive whatever one run, or the database, does.
                log.LogError(error, "The run queue met an error and goes on.");
                await Task.WhenAny(Task.Delay(AfterTrouble, stoppingToken));
            }
        }
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        var resumes = lab.Value.ResumeInterruptedRuns;
        foreach (var cut in await runs.MarkInterruptedAsync(Actor.System("restart"), cancellationToken)) await execution.NoteInterruptionAsync(cut, resumes);
        if (resumes) await queue.RecoverAsync(await runs.ListAsync(RunStatus.Interrupted, cancellationToken), cancellationToken);
    }
}
