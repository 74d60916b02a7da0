// Writes the database that the upgrade test opens, by the stores of the version before its migration. See README.md.
#:project ../../../src/R1Lab.Data/R1Lab.Data.csproj
#:property PublishAot=false
#:property AssemblyName=R1Lab.Data.Tests

using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Conversations;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;

var target = args[0];
var folder = Directory.CreateTempSubdirectory("r1lab-old-").FullName;
var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
await using var services = new ServiceCollection().AddSingleton<TimeProvider>(new StandingClock(at))
    .AddLabData(Path.Combine(folder, "lab.db")).BuildServiceProvider();
var lab = Actor.System("make");
await services.GetRequiredService<LabDatabase>().MigrateAsync();

var user = new LabUser { Id = "u1", UserName = "li", NormalizedUserName = "LI", SecurityStamp = "s", ConcurrencyStamp = "c" };
await services.GetRequiredService<UserStore>().CreateAsync(lab, user, LabRoles.Trainer);
var dataset = await services.GetRequiredService<DatasetStore>().CreateAsync(
    lab, new("sums", DatasetFormats.PromptResponse),
    [new NewRow("1+1?", "2"), new NewRow("1+2?", "3"), new NewRow("头痛怎么办？", "多休息。")]);
var models = services.GetRequiredService<ModelStore>();
await models.AddAsync(
    lab, new RegisteredModel { Name = "demo", Path = "/models/demo", Kind = ModelKind.Base, Family = "llama", Fingerprint = "f1" });
var conversations = services.GetRequiredService<ConversationStore>();
await conversations.CreateAsync(Actor.Of("u1", "li", [LabRoles.Trainer], session: "make"), "试一试", "be brief");
await services.GetRequiredService<StudyStore>().CreateAsync(lab, new NewStudy("which is better")
{
    Seed = 7,
    Items =
    [
        new NewStudyItem("1+1?", [new NewStudyResponse("demo", "2", "f1"), new NewStudyResponse("demo:sums", "two", "f2") { Reasoning = "one and one" }]),
    ],
});

var runs = services.GetRequiredService<RunStore>();
NewRun Run(string name) => new(name, """{"learning_rate":0.0001}""", "demo")
{
    DatasetId = dataset.Id, DatasetName = "sums", DatasetVersion = 1, TotalSteps = 120, OwnerId = "u1", OwnerName = "li",
};

// The first run: 120 steps on the CPU, an evaluation every 20, a step without a gradient every 7.
var first = await runs.CreateAsync(lab, Run("many points"));
await runs.AppendAsync(lab, first.Id, new RunNews
{
    Metrics = [.. Enumerable.Range(1, 120).Select(step => new RunMetric
    {
        Step = step, TotalSteps = 120, Epoch = step / 40.0, At = at.AddMilliseconds(1234 * step),
        Loss = 3.0 / step, GradNorm = step % 7 == 0 ? null : 1.0 / (step + 1), LearningRate = 1e-4 * (120 - step) / 120,
        EvalLoss = step % 20 == 0 ? 0.5 + (2.0 / step) : null, EvalTokenAccuracy = step % 20 == 0 ? step / 130.0 : null, MicroBatchSize = 4,
        TokensPerSecond = 1000 + (step / 3.0), MemoryBytes = 1_000_000_007L * step, SecondsPerStep = 0.1 + (step / 1000.0),
    })],
    Events = [new RunEvent { At = at, Step = 0, Kind = "started", Message = "Training.", ArgumentsJson = "[3,0,120,4096]" }],
    Probes = [new RunProbe { Step = 0, Prompt = "1+1?", Answer = "3", AnswerTokens = 1, Stopped = true, At = at }],
    RowLosses =
    [
        new RunRowLoss { Epoch = 0, RowId = 1, Loss = 0.25, Tokens = 2 },
        new RunRowLoss { Epoch = 1, RowId = 1, Loss = 0.125, Tokens = 2 },
    ],
});

// The second: float16 on a GPU, with the values that a column may hold at its edges.
var second = await runs.CreateAsync(lab, Run("edges"));
await runs.AppendAsync(lab, second.Id,
    [
        new RunMetric
        {
            Step = 1, TotalSteps = 3, Epoch = 1.0 / 3, At = at, Loss = double.PositiveInfinity, GradNorm = null, LearningRate = 0, LossScale = 65536,
            SkippedSteps = 1, MicroBatchSize = 0, TokensPerSecond = 0, MemoryBytes = 0, SecondsPerStep = 0,
        },
        new RunMetric
        {
            Step = 2, TotalSteps = 3, Epoch = 2.0 / 3, At = at.AddMilliseconds(1), Loss = 0.1 + 0.2, GradNorm = double.MaxValue,
            LearningRate = double.Epsilon, EvalLoss = 1e-300, EvalTokenAccuracy = 0, LossScale = 0.5, SkippedSteps = int.MaxValue,
            MicroBatchSize = 1, TokensPerSecond = 1e9 / 3, MemoryBytes = 1L << 52, DeviceMemoryBytes = (1L << 53) - 1,
            DeviceUtilization = 0.97, DeviceTemperature = 61.5, SecondsPerStep = 1e-9,
        },
        new RunMetric
        {
            Step = 3, TotalSteps = 3, Epoch = 1, At = at.AddYears(1), Loss = null, EvalLoss = double.NegativeInfinity, LearningRate = 1e-4,
        },
    ],
    []);
await runs.CreateAsync(lab, Run("no points"));

await services.GetRequiredService<LabDatabase>().BackupAsync(target);
await services.DisposeAsync();
Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
Directory.Delete(folder, recursive: true);

internal sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
