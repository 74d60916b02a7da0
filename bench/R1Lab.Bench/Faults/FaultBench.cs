using System.Globalization;
using System.Text.Json;
using R1Lab.Bench.Load;
using R1Lab.Engine;

namespace R1Lab.Bench.Faults;

/// <summary>
/// Switches small faults on one at a time and checks whether a test fails. The tests of the folder with the same name run first, then the
/// room's whole project. A fault that no test notices names a missing test.
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
        if (!Directory.Exists(folder)) await tree.BuildAsync(LabProcess.Repository());
        var verdicts = new List<FaultVerdict>();
        for (var number = 1; number <= faults.Count; number++)
        {
            if (!IsChosen(options, faults[number - 1], number)) continue;
            verdicts.Add(await JudgeAsync(tree, faults[number - 1], number, wholeToo: !options.Flag("--folder-only")));
            Console.WriteLine(verdicts[^1]);
        }

        foreach (var room in verdicts.GroupBy(verdict => verdict.Room))
            Console.WriteLine($"{room.Key}: {room.Count(one => one.NoticedBy is not null)} of {room.Count()} noticed");
        if (options.Text("--json") is { } file) await File.WriteAllTextAsync(file, JsonSerializer.Serialize(verdicts, Json));
        return 0;
    }

    private static bool IsChosen(CommandOptions options, PlantedFault fault, int number) =>
        (options.Text("--room") is not { } room || room == fault.Room)
        && (options.Text("--only") is not { } only || only.Split(',').Contains(number.ToString(CultureInfo.InvariantCulture)));

    private static async Task<FaultVerdict> JudgeAsync(FaultTree tree, PlantedFault fault, int number, bool wholeToo)
    {
        // src/R1Lab.Engine/Training/Signs/X.cs -> R1Lab.Engine.Tests.Training*
        var parts = fault.File.Split('/');
        var near = parts.Length > 3 ? $"R1Lab.{fault.Room}.Tests.{parts[2]}*" : null;
        var noticed = near is null ? null : await tree.TestAsync(fault.Room, number, near, Limit);
        if (noticed is null && (wholeToo || near is null)) noticed = await tree.TestAsync(fault.Room, number, null, Limit);
        // Stores are tested through the pages and the API, too.
        if (noticed is null && wholeToo && fault.Room == "Data") noticed = await tree.TestAsync("Web", number, null, Limit);
        return new FaultVerdict(number, fault.Room, fault.File, fault.Fault, noticed);
    }
}

/// <summary>What the tests said of one fault.</summary>
/// <param name="NoticedBy">The first test that failed; null when all passed.</param>
internal sealed record FaultVerdict(int Number, string Room, string File, string Fault, string? NoticedBy)
{
    public override string ToString() => $"{Number,3} {Room,-6} {(NoticedBy is null ? "NOT NOTICED" : "noticed")}  {Fault}  {NoticedBy}";
}
