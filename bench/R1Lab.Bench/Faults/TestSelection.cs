namespace R1Lab.Bench.Faults;

/// <summary>Some tests of one room.</summary>
/// <param name="Options">Filters of the test program; empty for the whole project.</param>
internal sealed record TestSelection(string Room, IReadOnlyList<string> Options)
{
    public string Project => $"R1Lab.{Room}.Tests";

    /// <summary>Where a fault is looked for, nearest first: the classes named beside it, the folder of the same name, whole projects.</summary>
    public static IEnumerable<TestSelection> For(PlantedFault fault, TestReach reach)
    {
        foreach (var room in (fault.Near ?? []).GroupBy(name => name.Split('.')[0]))
            yield return new TestSelection(room.Key, [.. room.SelectMany(name => Classes(room.Key, name))]);
        if (reach == TestReach.Near && fault.Near is not null) yield break;

        // src/R1Lab.Engine/Training/Signs/X.cs -> R1Lab.Engine.Tests.Training*
        var parts = fault.File.Split('/');
        if (parts.Length > 3) yield return new TestSelection(fault.Room, ["--filter-namespace", $"R1Lab.{fault.Room}.Tests.{parts[2]}*"]);
        if (reach != TestReach.Whole) yield break;
        yield return new TestSelection(fault.Room, []);
        // Stores are tested through the pages and the API, too.
        if (fault.Room == "Data") yield return new TestSelection("Web", []);
    }

    /// <summary>Only the test that a line of the test program names, such as <c>Some.Class.Method(x: 1) (3ms)</c>.</summary>
    public TestSelection Only(string test) => this with { Options = ["--filter-method", test.Split('(', ' ')[0]] };

    private static string[] Classes(string room, string name) => ["--filter-class", $"R1Lab.{room}.Tests.{name[(room.Length + 1)..]}"];
}

/// <summary>How far from a fault tests are run.</summary>
internal enum TestReach
{
    /// <summary>The classes named beside the fault; its folder where none are named.</summary>
    Near,

    /// <summary>Those, then the folder.</summary>
    Folder,

    /// <summary>Those, then whole projects.</summary>
    Whole,
}
