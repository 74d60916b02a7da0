using System.Text.Json.Serialization;
using R1Lab.Web.Access;
using R1Lab.Web.Training;

namespace R1Lab.Web.Api;

/// <summary>The queue as programs see it.</summary>
/// <param name="Held">No waiting run is started until somebody says go on.</param>
/// <param name="Hold">Who or what holds it; left out when it moves.</param>
/// <param name="ContinueOnError">Off: a run that fails or has to pause holds the queue.</param>
/// <param name="Running">The run under way, or null.</param>
/// <param name="Waiting">In the order in which they will be taken.</param>
public sealed record QueueView(
    bool Held,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] QueueHoldView? Hold,
    bool ContinueOnError,
    QueuedRunView? Running,
    IReadOnlyList<QueuedRunView> Waiting)
{
    public static QueueView Of(QueuePicture queue, Visitor visitor) => new(
        queue.Hold is not null,
        queue.Hold is { } hold ? new QueueHoldView(hold.By, hold.AfterRun, hold.Since) : null,
        queue.ContinuesOnError,
        queue.Running is { } running ? QueuedRunView.Of(running, visitor) : null,
        [.. queue.Waiting.Select(waiting => QueuedRunView.Of(waiting, visitor))]);
}

/// <param name="By">Who held the queue; null when a run did.</param>
/// <param name="AfterRun">The run that failed; null when a person held the queue.</param>
public sealed record QueueHoldView(string? By, int? AfterRun, DateTimeOffset Since);

/// <summary>A run of the queue.</summary>
/// <param name="StartsInSeconds">Estimate; null where nobody can know.</param>
/// <param name="RemainingSeconds">Estimate of the time from its beginning, or from now if it runs, to its end; null where nobody can know.</param>
/// <param name="MayChange">Whether the one who asks may stop, move and resume it.</param>
public sealed record QueuedRunView(
    int Id, string Name, string Status, string? Owner, string Model, string? Dataset, int Step, int TotalSteps, double? StartsInSeconds, double? RemainingSeconds, bool MayChange)
{
    public static QueuedRunView Of(QueuedRun queued, Visitor visitor) => new(
        queued.Run.Id, queued.Run.Name, RunView.StatusOf(queued.Run), queued.Run.OwnerName, queued.Run.ModelName, queued.Run.DatasetName, queued.Run.Step, queued.Run.TotalSteps,
        queued.StartsIn?.TotalSeconds, queued.TimeLeft?.TotalSeconds, visitor.MayChange(queued.Run.OwnerId));
}

/// <summary>Where to put a waiting run: before this one, or at the end when null.</summary>
public sealed record MoveRunRequest
{
    public required int? Before { get; init; }
}

/// <summary>The queue's switches; what is left out stays as it is.</summary>
public sealed record QueueSwitchesRequest(bool? Held = null, bool? ContinueOnError = null);
