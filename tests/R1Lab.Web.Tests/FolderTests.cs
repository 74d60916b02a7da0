using System.Text.RegularExpressions;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests;

/// <summary>What folders of the web project may know of each other, read from the using directives of their files.</summary>
public sealed partial class FolderTests
{
    private const string Project = "R1Lab.Web";

    private static readonly ILookup<string, string> Uses = Read();

    // Background work, access and options are called by pages and by the HTTP API, never the other way round.
    [Fact]
    public void Folders_OtherThanTheTwoSurfaces_NameNeitherPagesNorApi()
    {
        var wrong = Uses.Where(folder => folder.Key is not ("Components" or "Api")).SelectMany(folder => folder.Where(used => used is "Components" or "Api").Select(used => $"{folder.Key} -> {used}"));

        Assert.Empty(wrong);
    }

    [Fact]
    public void Folders_OfOneProject_FormNoCycle() =>
        Assert.DoesNotContain(Uses.Select(folder => folder.Key), folder => Reached(folder).Contains(folder));

    [Fact]
    public void Uses_OfThisProject_AreSeen()
    {
        Assert.Contains("Serving", Uses["Studies"]);
        Assert.Contains("Device", Uses["Serving"]);
        Assert.True(Uses["Components"].Count() > 5);
    }

    private static HashSet<string> Reached(string start)
    {
        var (reached, next) = (new HashSet<string>(), new Stack<string>([start]));
        while (next.TryPop(out var folder))
        {
            foreach (var used in Uses[folder].Where(reached.Add)) next.Push(used);
        }

        return reached;
    }

    private static ILookup<string, string> Read()
    {
        var root = Path.Combine(ReferenceFiles.Repository, "src", Project);
        var uses = from file in Directory.EnumerateFiles(root, "*.*", SearchOption.AllDirectories)
                   where file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal)
                   let folder = Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)
                   where folder.Length > 1 && folder[0] is not ("bin" or "obj")
                   from used in Named().Matches(File.ReadAllText(file)).Select(match => match.Groups["folder"].Value)
                   where used != folder[0] && Directory.Exists(Path.Combine(root, used))
                   select (Folder: folder[0], Used: used);
        return uses.Distinct().ToLookup(use => use.Folder, use => use.Used);
    }

    // Directives, and names that are written out.
    [GeneratedRegex(@"R1Lab\.Web\.(?<folder>\w+)", RegexOptions.NonBacktracking)]
    private static partial Regex Named();
}
