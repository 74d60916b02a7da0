using System.Text.Json;
using System.Threading.Channels;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Training;
using R1Lab.Web.Device;

namespace R1Lab.Web.Training;

/// <summary>
/// Keeps everything one run says: turns the engine's records into entities, tells the feed, and writes to the store in batches.
/// Called on the compute thread, which waits for the database before a snapshot only.
/// </summary>
public sealed class RunRecorder : IAsyncDisposable
{
    private const int LargestBatch = 500;
    private const int Tries = 20;

    private static readonly Actor Worker = Actor.System("training");
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly int _runId;
    private readonly RunStore _runs;
    private readonly RunFeed _feed;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly BestBy _bestBy;
    private readonly CancellationToken _ending;
    private readonly Channel<object> _news = Channel.CreateUnbounded<object>(new() { SingleReader = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _writing;
    private Kept? _kept;
    private TaskCompletionSource _hurry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _fresh = true;

    /// <param name="bestBy">Which evaluation the run calls its best.</param>
    /// <param name="ending">The program ends: what cannot be stored is given up soon.</param>
    public RunRecorder(
        int runId, RunStore runs, RunFeed feed, TimeProvider time, ILogger log, BestMetric bestBy = BestMetric.EvalLoss, CancellationToken ending = default)
    {
        (_runId, _runs, _feed, _time, _log, _ending) = (runId, runs, feed, time, log, ending);
        _bestBy = bestBy == BestMetric.EvalTokenAccuracy ? BestBy.EvalTokenAccuracy : BestBy.EvalLoss;
        _writing = Task.Run(WriteAsync, CancellationToken.None);
    }

    /// <summary>Looked at with every logged step; null: nobody knows the device.</summary>
    public DeviceWatch? Device { get; init; }

    public void Record(StepMetrics step)
    {
        var device = Device?.Now();
        var whole = step with
        {
            DeviceMemoryBytes = step.DeviceMemoryBytes ?? device?.UsedBytes,
            DeviceUtilization = step.DeviceUtilization ?? (device?.UtilizationPercent / 100.0),
            DeviceTemperature = step.DeviceTemperature ?? device?.TemperatureCelsius,
        };
        if (_fresh) Forget(0);
        _news.Writer.TryWrite(whole);
        _feed.Publish(_runId, whole);
    }

    public void Record(TrainingEvent happened)
    {
        if (happened.Kind == TrainingEventKinds.Resumed) Forget(happened.Step);
        Record(new RunEvent
        {
            RunId = _runId,
            At = happened.At,
            Step = happened.Step,
            Kind = happened.Kind,
            Message = happened.Message,
            ArgumentsJson = JsonSerializer.Serialize(happened.Arguments),
        });
    }

    public void Record(ProbeAnswer answer)
    {
        var probe = new RunProbe
        {
            RunId = _runId,
            Step = answer.Step,
            PromptIndex = answer.PromptIndex,
            Prompt = answer.Prompt,
            Thought = answer.Thought,
            Answer = answer.Answer,
            ThoughtTokens = answer.ThoughtTokens,
            AnswerTokens = answer.AnswerTokens,
            Stopped = answer.Stopped,
            At = answer.At,
        };
        _news.Writer.TryWrite(probe);
        _feed.Publish(probe);
    }

    /// <summary>Rows are shown from the store: the feed hears of them when they stand there.</summary>
    public void Record(IReadOnlyList<RowLoss> losses) => _news.Writer.TryWrite(
        losses.Select(loss => new RunRowLoss { RunId = _runId, Epoch = loss.Epoch, RowId = loss.RowId, Loss = loss.Loss, Tokens = loss.Tokens }).ToList());

    /// <summary>Something the lab itself has to say on the run's time line.</summary>
    public void Record(string kind, string message, int step, params object[] arguments) => Record(new TrainingEvent(_time.GetUtcNow(), step, kind, message, arguments));

    /// <summary>
    /// Waits until everything recorded stands in the store, so that no snapshot is ahead of the numbers: a program killed right after it would never
    /// make them again.
    /// </summary>
    /// <exception cref="NotEnoughSpaceException">The disk of the database is full. What was recorded is stored once there is room.</exception>
    public void Keep()
    {
        var kept = new Kept();
        Volatile.Write(ref _kept, kept);
        if (_news.Writer.TryWrite(kept)) Volatile.Read(ref _hurry).TrySetResult();
        Task.WhenAny(kept.Stored.Task, _writing).Unwrap().GetAwaiter().GetResult();
    }

    /// <summary>Everything recorded stands in the store when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        _news.Writer.TryComplete();
        _ended.TrySetResult();
        await _writing;
    }

    /// <summary>An earlier try may have gone further than the snapshot this one goes on from: those steps are taken again.</summary>
    private void Forget(int afterStep)
    {
        _fresh = false;
        _news.Writer.TryWrite(new ForgetAfter(afterStep));
    }

    private void Record(RunEvent happened)
    {
        _news.Writer.TryWrite(happened);
        _feed.Publish(happened);
    }

    private async Task WriteAsync()
    {
        while (await _news.Reader.WaitToReadAsync())
        {
            // A short wait makes batches out of fast steps; at the end there is nothing to wait for.
            await Task.WhenAny(_ended.Task, _hurry.Task, Task.Delay(Pause, _time));
            Volatile.Write(ref _hurry, new(TaskCreationOptions.RunContinuationsAsynchronously));
            await StoreAsync(TakeBatch());
        }
    }

    private List<object> TakeBatch()
    {
        var batch = new List<object>();
        while (batch.Count < LargestBatch && _news.Reader.TryRead(out var one)) batch.Add(one);
        return batch;
    }

    /// <summary>
    /// A database that is busy for a while must not end the training: the batch is tried again. One whose disk is full is waited for as long as it
    /// takes, because people must free space first; only the end of the program ends the waiting.
    /// </summary>
    private async Task StoreAsync(List<object> batch)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (batch.OfType<ForgetAfter>().LastOrDefault() is { } forget) await _runs.DropMetricsAfterAsync(Worker, _runId, forget.Step, _bestBy);
                await _runs.AppendAsync(Worker, _runId, NewsIn(batch));
                if (batch.OfType<List<RunRowLoss>>().Any()) _feed.PublishRows(_runId);
                foreach (var kept in batch.OfType<Kept>()) kept.Stored.TrySetResult();
                return;
            }
            catch (Exception error) when (!_ending.IsCancellationRequested && (attempt < Tries || FullDisk.Is(error)))
            {
                _log.LogWarning(error, "The numbers of run {Run} could not be stored (attempt {Attempt}); trying again.", _runId, attempt);
                if (FullDisk.Is(error)) Disappoint(error);
                await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(Math.Min(attempt, 5)), _time, _ending));
            }
        }
    }

    /// <summary>
    /// Whoever waits is told, also behind the batch that found no room: waiting on would hide for how long nothing moves. The run pauses and says why.
    /// </summary>
    private void Disappoint(Exception error) =>
        Volatile.Read(ref _kept)?.Stored.TrySetException(new NotEnoughSpaceException("The disk of the database is full.", error));

    private RunNews NewsIn(List<object> batch) => new()
    {
        Steps = [.. batch.OfType<StepMetrics>().Select(step => step.Stored(_runId))],
        Events = [.. batch.OfType<RunEvent>()],
        Probes = [.. batch.OfType<RunProbe>()],
        RowLosses = [.. batch.OfType<List<RunRowLoss>>().SelectMany(losses => losses)],
        BestBy = _bestBy,
    };

    private sealed record ForgetAfter(int Step);

    /// <summary>Somebody waits until this, and all before it, stands in the store.</summary>
    private sealed class Kept
    {
        public TaskCompletionSource Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
