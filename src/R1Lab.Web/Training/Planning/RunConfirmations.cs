using System.Text.Json;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;

namespace R1Lab.Web.Training;

/// <summary>Writes down who said, and when, that something a run was held back for is meant: on the run's time line and in the audit log.</summary>
public sealed class RunConfirmations(RunStore runs, AuditStore audit, TimeProvider time)
{
    /// <summary>Kind of the event; arguments: who, the problem's code, its arguments.</summary>
    public const string EventKind = "confirmed";

    public async Task RecordAsync(Actor by, Run run, RunCheck check, CancellationToken cancellationToken)
    {
        foreach (var problem in check.Problems.Where(problem => problem.NeedsConfirmation))
        {
            var happened = new RunEvent
            {
                Kind = EventKind,
                At = time.GetUtcNow(),
                Message = $"{by.Name} confirmed: {problem.Message}",
                ArgumentsJson = JsonSerializer.Serialize(new object[] { by.Name, problem.Code, problem.Arguments }),
            };
            await runs.AppendAsync(by, run.Id, [], [happened], cancellationToken);
            await audit.RecordAsync(by, AuditActions.RunConfirm, $"run {run.Id}", problem.Code, cancellationToken);
        }
    }
}
