using System.Text.Json.Nodes;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Logging;

namespace R1Lab.Engine.Tests.Training.Logging;

public sealed class RunLogTests : IDisposable
{
    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Run_Busy_LeavesTheCurvesForTensorBoard()
    {
        var job = _runs.Job(TrainingRuns.Busy);
        _runs.Run(job);

        var scalars = Curves(job).ToLookup(point => point.Tag, point => (point.Step, point.Value));

        Assert.Equal(["eval/loss", "eval/runtime", "eval/token_accuracy", "train/epoch", "train/grad_norm", "train/learning_rate", "train/loss"], scalars.Select(curve => curve.Key).Order(StringComparer.Ordinal));
        Assert.Equal(Logged(m => m.Loss), scalars["train/loss"]);
        Assert.Equal(Logged(m => m.Loss is null ? null : m.GradNorm), scalars["train/grad_norm"]);
        Assert.Equal(Logged(m => m.Loss is null ? null : m.LearningRate), scalars["train/learning_rate"]);
        Assert.Equal(Logged(m => m.EvalLoss), scalars["eval/loss"]);
        Assert.Equal(Logged(m => m.EvalTokenAccuracy), scalars["eval/token_accuracy"]);
        Assert.Equal(Logged(m => m.Epoch), scalars["train/epoch"]);
    }

    [Fact]
    public void Run_Busy_LeavesATrainerState()
    {
        var job = _runs.Job(TrainingRuns.Busy);
        _runs.Run(job);

        var state = State(job);

        Assert.Equal((12, 12, 3, 4, 5, 2), ((int)state["global_step"]!, (int)state["max_steps"]!, (int)state["logging_steps"]!, (int)state["eval_steps"]!, (int)state["save_steps"]!, (int)state["train_batch_size"]!));
        Assert.Equal(_runs.Metrics.Min(m => m.EvalLoss), (double)state["best_metric"]!);
        Assert.Equal(_runs.Metrics.Where(m => m.Loss is not null).Select(m => (m.Step, m.Loss!.Value, m.GradNorm!.Value, m.LearningRate)),
            History(state).Where(e => e["loss"] is not null).Select(e => ((int)e["step"]!, (double)e["loss"]!, (double)e["grad_norm"]!, (double)e["learning_rate"]!)));
        Assert.Equal(_runs.Metrics.Where(m => m.EvalLoss is not null).Select(m => (m.Step, m.EvalLoss!.Value)),
            History(state).Where(e => e["eval_loss"] is not null).Select(e => ((int)e["step"]!, (double)e["eval_loss"]!)));
    }

    [Fact]
    public void Save_BestByAccuracy_NamesTheMostAccurateStep()
    {
        var folder = _runs.NewFolder();
        var log = new RunLog(folder, TrainingRuns.Busy with { MetricForBestModel = BestMetric.EvalTokenAccuracy }, 12, 0);
        log.Add(Step(1, 1) with { EvalLoss = 1, EvalTokenAccuracy = 0.5 });
        log.Add(Step(2, 1) with { EvalLoss = 2, EvalTokenAccuracy = 0.75 });
        log.Save();

        Assert.Equal((2, 0.75), ((int)State(folder)["best_global_step"]!, (double)State(folder)["best_metric"]!));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void Run_StoppedAndResumed_LeavesTheHistoryOfAStraightRun(int stopAfter)
    {
        var straight = _runs.Job(TrainingRuns.Busy);
        _runs.Run(straight);
        var job = _runs.Job(TrainingRuns.Busy);
        _runs.Run(job, stopAfter);

        _runs.Run(job);

        Assert.Equal(History(State(straight)).Select(Timeless), History(State(job)).Select(Timeless));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(job.OutputFolder, RunLog.Folder)).Length);
        Assert.Equal(Curves(straight).Where(point => point.Tag != "eval/runtime").Order(), Curves(job).Where(point => point.Tag != "eval/runtime").Order());
    }

    // A crash after step 9 leaves events and history beyond the newest snapshot, of step 5.
    [Fact]
    public void RunLog_ResumedBehindWhatWasLogged_DropsTheStepsTakenAgain()
    {
        var folder = _runs.NewFolder();
        var crashed = new RunLog(folder, TrainingRuns.Busy, 12, 0);
        foreach (var step in Enumerable.Range(1, 9)) crashed.Add(Step(step, 1));
        crashed.Save();

        var resumed = new RunLog(folder, TrainingRuns.Busy, 12, 5);
        resumed.Add(Step(6, 2));
        resumed.Save();

        Assert.Equal([(1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0), (5, 1.0), (6, 2.0)],
            History(State(folder)).Select(e => ((int)e["step"]!, (double)e["loss"]!)));
        Assert.Equal([(1L, 1f), (2L, 1f), (3L, 1f), (4L, 1f), (5L, 1f), (6L, 2f)], Curves(folder).Where(point => point.Tag == "train/loss").Select(point => (point.Step, point.Value)));
    }

    [Fact]
    public void RunLog_BegunAnewInAUsedFolder_ForgetsTheEarlierTry()
    {
        var folder = _runs.NewFolder();
        var earlier = new RunLog(folder, TrainingRuns.Busy, 12, 0);
        earlier.Add(Step(1, 1));
        earlier.Save();

        new RunLog(folder, TrainingRuns.Busy, 12, 0).Save();

        Assert.Empty(History(State(folder)));
        Assert.Empty(Curves(folder));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("""{"log_history":[{"step":"x"},7,{"loss":1}]}""")]
    public void RunLog_UnreadableState_BeginsAnew(string damaged)
    {
        var folder = _runs.NewFolder();
        File.WriteAllText(Path.Combine(folder, TrainerStateFile.Name), damaged);

        new RunLog(folder, TrainingRuns.Busy, 12, 3).Save();

        Assert.Empty(History(State(folder)));
    }

    [Fact]
    public void RunLog_NumbersThatAreNone_AreLeftOutOfTheJson()
    {
        var folder = _runs.NewFolder();

        var log = new RunLog(folder, TrainingRuns.Busy, 12, 0);
        log.Add(Step(1, double.NaN) with { GradNorm = double.PositiveInfinity });
        log.Save();

        Assert.Equal("""[{"epoch":0.1,"learning_rate":0.01,"step":1}]""", State(folder)["log_history"]!.ToJsonString());
        Assert.True(float.IsNaN(Curves(folder).First(point => point.Tag == "train/loss").Value));
    }

    private static StepMetrics Step(int step, double loss) => new() { Step = step, TotalSteps = 12, Epoch = step / 10.0, Loss = loss, GradNorm = 1, LearningRate = 0.01, At = DateTimeOffset.UnixEpoch };

    private IEnumerable<(long Step, float Value)> Logged(Func<StepMetrics, double?> value) =>
        _runs.Metrics.Where(m => value(m) is not null).Select(m => ((long)m.Step, (float)value(m)!.Value));

    // As TensorBoard reads a folder: files by name, and a start with a step drops what came before at that step and later.
    private static List<(long Step, string Tag, float Value)> Curves(string folder)
    {
        var points = new List<(long Step, string Tag, float Value)>();
        foreach (var e in Directory.GetFiles(Path.Combine(folder, RunLog.Folder)).Order(StringComparer.Ordinal).SelectMany(EventFile.Read))
        {
            if (e.SessionStatus == 1) points.RemoveAll(point => point.Step >= e.Step);
            points.AddRange(e.Scalars.Select(scalar => (e.Step, scalar.Tag, scalar.Value)));
        }

        return points;
    }

    private static List<(long Step, string Tag, float Value)> Curves(TrainingJob job) => Curves(job.OutputFolder);

    private static JsonObject State(TrainingJob job) => State(job.OutputFolder);

    private static JsonObject State(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, TrainerStateFile.Name)))!.AsObject();

    private static IEnumerable<JsonObject> History(JsonObject state) => state["log_history"]!.AsArray().Select(entry => entry!.AsObject());

    private static string Timeless(JsonObject entry)
    {
        entry.Remove("eval_runtime");
        return entry.ToJsonString();
    }
}
