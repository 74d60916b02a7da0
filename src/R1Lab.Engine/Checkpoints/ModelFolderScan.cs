namespace R1Lab.Engine.Checkpoints;

/// <summary>One folder found by <see cref="ModelFolder.Scan"/>.</summary>
/// <param name="Name">Repository name (<c>org/name</c>) in a Hugging Face cache, else the path below the scanned folder.</param>
/// <param name="Path">Full path.</param>
/// <param name="Folder">The opened folder; null when it is refused.</param>
/// <param name="Refusal">Why it is refused; null when it is good.</param>
public sealed record ModelFolderListing(string Name, string Path, ModelFolder? Folder, string? Refusal);

/// <summary>
/// Walks folders for models. In a Hugging Face cache (<c>models--org--name/snapshots/&lt;commit&gt;/&lt;file&gt;</c> pointing to <c>blobs/</c>) the snapshot that
/// <c>refs/main</c> names stands for the repository, else its newest one.
/// </summary>
internal sealed class ModelFolderScan
{
    private const int MaxDepth = 4;
    private const int LongestReference = 1024;
    private const string RepositoryPrefix = "models--";

    // Folders may be links, also to a parent: the real path says whether one was seen.
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public IEnumerable<ModelFolderListing> Run(IEnumerable<string> roots) => roots.Where(Directory.Exists).SelectMany(root =>
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        return Walk(full, full, 0);
    });

    private IEnumerable<ModelFolderListing> Walk(string root, string folder, int depth)
    {
        if (!_seen.Add(RealPath(folder))) yield break;
        if (ModelFolder.LooksLikeOne(folder))
        {
            yield return Describe(folder == root ? Path.GetFileName(root) : Path.GetRelativePath(root, folder).Replace('\\', '/'), folder);
        }
        else if (Path.GetFileName(folder).StartsWith(RepositoryPrefix, StringComparison.Ordinal))
        {
            if (Snapshot(folder) is { } snapshot) yield return Describe(Path.GetFileName(folder)[RepositoryPrefix.Length..].Replace("--", "/", StringComparison.Ordinal), snapshot);
            yield break;
        }

        if (depth == MaxDepth) yield break;
        foreach (var child in Children(folder))
        {
            foreach (var found in Walk(root, child, depth + 1)) yield return found;
        }
    }

    private static ModelFolderListing Describe(string name, string folder)
    {
        try
        {
            return new ModelFolderListing(name, folder, ModelFolder.Open(folder), null);
        }
        catch (Exception e) when (e is BadInputException or IOException or UnauthorizedAccessException)
        {
            return new ModelFolderListing(name, folder, null, e.Message);
        }
    }

    private static string? Snapshot(string repository)
    {
        var snapshots = Path.Combine(repository, "snapshots");
        var main = Path.Combine(repository, "refs", "main");
        if (File.Exists(main))
        {
            var commit = Reference(main);
            if (commit.Length > 0 && commit.All(char.IsAsciiHexDigit) && Directory.Exists(Path.Combine(snapshots, commit))) return Path.Combine(snapshots, commit);
        }

        return Directory.Exists(snapshots) ? Directory.GetDirectories(snapshots).Where(ModelFolder.LooksLikeOne).MaxBy(Directory.GetLastWriteTimeUtc) : null;
    }

    private static string Reference(string file)
    {
        try
        {
            return BoundedFile.ReadAllText(file, LongestReference).Trim();
        }
        catch (Exception e) when (e is BadInputException or IOException or UnauthorizedAccessException)
        {
            return ""; // no commit: the newest snapshot stands for the repository
        }
    }

    private static IEnumerable<string> Children(string folder)
    {
        try
        {
            return Directory.GetDirectories(folder)
                .Where(f => !Path.GetFileName(f).StartsWith('.') && !f.EndsWith(DurableFile.TemporarySuffix, StringComparison.Ordinal))
                .OrderBy(f => f, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // a folder this user may not list holds no model for this user
        }
    }

    private static string RealPath(string folder) => new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder;
}
