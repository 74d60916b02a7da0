using System.Globalization;
using System.Text.Json;
using R1Lab.Bench.Load;
using R1Lab.Engine;

namespace R1Lab.Bench.Faults;

/// <summary>
/// Switches small faults on one at a time and checks whether a test fails. The tests nearest to the fault run first, then the room's
/// whole project. A fault that no test notices names a missing test.
/// </summary>
internal static class FaultBench
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private static readonly JsonSerializerOptions Json = MeasuredRun.Json;

    public static int Run(CommandOptions options) => RunAsync(options).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(CommandOptions options)
    {
        if (options.Plain is not [var list]) throw new BadInputException("options", "faults", "name the file that lists them");
        var faults = JsonSerializer.Deserialize<List<PlantedFault>>(await File.ReadAllTextAsync(list), Json)!;
        var folder = options.Text("--folder") ?? Path.Combine(Path.GetTempPath(), $"r1lab-faults-{Environment.ProcessId}");
        var tree = new FaultTree(folder, faults);
        if (!Directory.Exists(folder) || options.Flag("--renew")) await tree.BuildAsync(LabProcess.Repository());
        var reach = Enum.Parse<TestReach>(options.Text("--reach") ?? nameof(TestReach.Whole), ignoreCase: true);
        var verdicts = await EarlierAsync(options.Text("--json"));
        for (var number = 1; number <= faults.Count; number++)
        {
            if (!IsChosen(options, faults[number - 1], number)) continue;
            var verdict = await JudgeAsync(tree, faults[number - 1], number, reach);
            verdicts[number] = verdict;
            Console.WriteLine(verdict);
            // After each fault, so that a run that was ended early leaves what it found.
            if (options.Text("--json") is { } file) await File.WriteAllTextAsync(file, JsonSerializer.Serialize(verdicts.Values, Json));
        }

        foreach (var room in verdicts.Values.GroupBy(verdict => verdict.Room))
            Console.WriteLine($"{room.Key}: {room.Count(one => one.IsNoticed)} of {room.Count()} noticed");
        return 0;
    }

    private static bool IsChosen(CommandOptions options, PlantedFault fault, int number) =>
        (options.Text("--room") is not { } room || room == fault.Room)
        && (options.Text("--only") is not { } only || only.Split(',').Contains(number.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The verdicts of earlier runs: those on faults that are not chosen now are kept.</summary>
    private static async Task<SortedDictionary<int, FaultVerdict>> EarlierAsync(string? file)
    {
        if (file is null || !File.Exists(file)) return [];
        var verdicts = JsonSerializer.Deserialize<List<FaultVerdict>>(await File.ReadAllTextAsync(file), Json)!;
        return new SortedDictionary<int, FaultVerdict>(verdicts.ToDictionary(verdict => verdict.Number));
    }

    private static async Task<FaultVerdict> JudgeAsync(FaultTree tree, PlantedFault fault, int number, TestReach reach)
    {
        foreach (var tests in TestSelection.For(fault, reach))
        {
            // What fails anyway has noticed nothing.
            var failed = (await tree.TestAsync(tests, number, Limit)).Except(await tree.FailingAnywayAsync(tests, Limit)).ToArray();
            if (failed.Length > 0) return new FaultVerdict(number, fault.Room, fault.File, fault.Fault, failed);
        }

        return new FaultVerdict(number, fault.Room, fault.File, fault.Fault, []);
    }
}

/// <summary>What the tests said of one fault.</summary>
/// <param name="NoticedBy">The tests that failed; none when all passed.</param>
internal sealed record FaultVerdict(int Number, string Room, string File, string Fault, IReadOnlyList<string> NoticedBy)
{
    public bool IsNoticed => NoticedBy.Count > 0;

    public override string ToString()
    {
        var first = NoticedBy is [var test, ..] ? test : "";
        return $"{Number,3} {Room,-6} {(IsNoticed ? "noticed" : "NOT NOTICED")}  {Fault}  {first}";
    }
}
