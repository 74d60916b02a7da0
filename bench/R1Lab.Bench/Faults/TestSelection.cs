namespace R1Lab.Bench.Faults;

/// <summary>Some tests of one room.</summary>
/// <param name="Options">Filters of the test program, separated by spaces; empty for the whole project.</param>
internal sealed record TestSelection(string Room, string Options)
{
    public string Project => $"R1Lab.{Room}.Tests";

    /// <summary>Where to look for a fault, nearest first: the classes named beside it, the folder of the same name, whole projects.</summary>
    public static IEnumerable<TestSelection> For(PlantedFault fault, TestReach reach)
    {
        foreach (var room in (fault.Near ?? []).GroupBy(name => name.Split('.')[0]))
            yield return new TestSelection(room.Key, string.Join(' ', room.Select(name => Class(room.Key, name))));
        if (reach == TestReach.Near && fault.Near is not null) yield break;

        // src/R1Lab.Engine/Training/Signs/X.cs -> R1Lab.Engine.Tests.Training*
        var parts = fault.File.Split('/');
        if (parts.Length > 3) yield return new TestSelection(fault.Room, $"--filter-namespace R1Lab.{fault.Room}.Tests.{parts[2]}*");
        if (reach != TestReach.Whole) yield break;
        yield return new TestSelection(fault.Room, "");
        // Stores are tested through the pages and the API, too.
        if (fault.Room == "Data") yield return new TestSelection("Web", "");
    }

    private static string Class(string room, string name) => $"--filter-class R1Lab.{room}.Tests.{name[(room.Length + 1)..]}";
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
