using System.Text.RegularExpressions;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests;

/// <summary>The main paths of docs/architecture.md are those of the code: every file is there, each is called by the one above it, and none grows.</summary>
public sealed partial class MainPathsTests
{
    private static readonly List<MainPath> Paths = Read();

    /// <summary>The number of files that a path may have. It may fall, not rise.</summary>
    public static TheoryData<string, int> Lengths => new()
    {
        { "Row to model", 43 },
        { "Prompt to text", 30 },
        { "Opinion to data", 13 },
    };

    [Theory, MemberData(nameof(Lengths))]
    public void Path_OfTheDocument_HasNoMoreFilesThanBefore(string name, int most) =>
        Assert.InRange(Paths.Single(path => path.Name == name).Files.Select(file => file.Path).Distinct().Count(), 10, most);

    [Fact]
    public void Files_OfEveryPath_ExistAndAreNamedByTheFileAboveThem()
    {
        var wrong = from path in Paths
                    from file in path.Files
                    where !File.Exists(Full(file.Path)) || (file.Parent is { } parent && !Names(parent, file.Path))
                    select $"{path.Name}: {file.Parent} -> {file.Path}";

        Assert.Empty(wrong);
    }

    private static bool Names(string parent, string file)
    {
        var text = Whole(parent);
        return TypesOf(file).Any(type => Regex.IsMatch(text, $@"\b{type}\b", RegexOptions.NonBacktracking));
    }

    // Pages and stores may be split over several files with the same beginning.
    private static string Whole(string file)
    {
        var stem = Path.GetFileName(file).Split('.')[0];
        var parts = Directory.EnumerateFiles(Path.GetDirectoryName(Full(file))!).Where(part => Path.GetFileName(part).Split('.')[0] == stem);
        return string.Join('\n', parts.Where(part => part.EndsWith(".cs", StringComparison.Ordinal) || part.EndsWith(".razor", StringComparison.Ordinal)).Select(File.ReadAllText));
    }

    private static IEnumerable<string> TypesOf(string file) =>
        Declared().Matches(File.ReadAllText(Full(file))).Select(match => match.Groups["type"].Value).Append(Path.GetFileName(file).Split('.')[0]);

    private static string Full(string file) => Path.Combine(ReferenceFiles.Repository, file);

    private static List<MainPath> Read()
    {
        var paths = new List<MainPath>();
        var above = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(ReferenceFiles.Repository, "docs", "architecture.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) paths.Add(new MainPath(line[3..], []));
            if (Entry().Match(line) is not { Success: true } entry) continue;
            var depth = entry.Groups["indent"].Length / 2;
            above = [.. above.Take(depth), entry.Groups["file"].Value];
            paths[^1].Files.Add((above[depth], depth == 0 ? null : above[depth - 1]));
        }

        return paths;
    }

    private sealed record MainPath(string Name, List<(string Path, string? Parent)> Files);

    [GeneratedRegex(@"^(?<indent> *)- `(?<file>src/[^`]+)`", RegexOptions.NonBacktracking)]
    private static partial Regex Entry();

    [GeneratedRegex(@"(?:class|record struct|record|struct|interface|enum)\s+(?<type>\w+)", RegexOptions.NonBacktracking)]
    private static partial Regex Declared();
}
