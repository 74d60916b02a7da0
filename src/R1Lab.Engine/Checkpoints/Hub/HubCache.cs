using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// One repository in the cache, laid out as Hugging Face's tools keep it: <c>blobs/&lt;etag&gt;</c>, <c>snapshots/&lt;commit&gt;/&lt;path&gt;</c> linking to them,
/// <c>refs/&lt;revision&gt;</c>, <c>trees/&lt;commit&gt;.json</c>, and locks beside the repositories.
/// </summary>
internal sealed class HubCache
{
    private readonly string _root;
    private readonly string _locks;
    private readonly bool _copies;

    public HubCache(HubSettings settings, HubRepositoryKind kind, string repository)
    {
        var name = $"{(kind == HubRepositoryKind.Model ? "models" : "datasets")}--{repository.Replace("/", "--", StringComparison.Ordinal)}";
        _root = Path.Combine(Path.GetFullPath(settings.CacheFolder), name);
        _locks = Path.Combine(Path.GetFullPath(settings.CacheFolder), ".locks", name);
        _copies = settings.DisableSymlinks;
    }

    public string Blobs => Path.Combine(_root, "blobs");

    public string Blob(string etag) => Path.Combine(Blobs, etag);

    public string Snapshot(string commit) => Path.Combine(_root, "snapshots", commit);

    public string FileIn(string commit, string path) => Path.Combine([Snapshot(commit), .. path.Split('/')]);

    /// <summary>True when the file is there in full; a link to a blob that is gone does not count.</summary>
    public bool Has(string commit, string path)
    {
        var file = new FileInfo(FileIn(commit, path));
        return file.LinkTarget is null ? file.Exists : file.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true };
    }

    /// <summary>The commit a revision stood for when it was last downloaded.</summary>
    public string? CommitOf(string revision)
    {
        if (HubNames.IsCommit(revision)) return Directory.Exists(Snapshot(revision)) ? revision : null;
        var reference = Reference(revision);
        return File.Exists(reference) && File.ReadAllText(reference).Trim() is var commit && HubNames.IsCommit(commit) && Directory.Exists(Snapshot(commit)) ? commit : null;
    }

    public void SetReference(string revision, string commit)
    {
        if (!HubNames.IsCommit(revision)) DurableFile.WriteAllText(Reference(revision), commit);
    }

    public void SetListing(HubListing listing)
    {
        var files = new JsonArray([.. listing.Files.Select(f => new JsonObject { ["path"] = f.Path, ["size"] = f.Size, ["sha256"] = f.Sha256 })]);
        DurableFile.WriteAllText(Tree(listing.Commit), files.ToJsonString());
    }

    /// <summary>The list of a commit's files as it was stored; null when it was not.</summary>
    public HubListing? ListingOf(string commit)
    {
        if (!File.Exists(Tree(commit)) || HubListingReader.Parse(Tree(commit), File.ReadAllBytes(Tree(commit))) is not JsonArray files) return null;
        return new HubListing(commit, [.. files.Select(f => new HubFile(HubNames.CheckFile(Tree(commit), (string?)f?["path"]), (long?)f?["size"], (string?)f?["sha256"]))]);
    }

    /// <summary>Remembers that a commit has no such file.</summary>
    public void MarkMissing(string commit, string path) => DurableFile.WriteAllBytes(Path.Combine([_root, ".no_exist", commit, .. path.Split('/')]), default);

    /// <summary>Makes the blob appear under its name in the snapshot.</summary>
    public void Link(string etag, string commit, string path)
    {
        var target = FileIn(commit, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (_copies || !TryLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, Blob(etag)))) DurableFile.Copy(Blob(etag), target);
        else DurableFolder.Flush(Path.GetDirectoryName(target)!);
    }

    /// <summary>Waits until nobody else, in this or another process (Python's tools included), loads the same blob.</summary>
    public async Task<IDisposable> LockAsync(string etag, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_locks);
        var path = Path.Combine(_locks, $"{etag}.lock");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1); // flock on Unix
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    private string Reference(string revision) => Path.Combine([_root, "refs", .. revision.Split('/')]);

    private string Tree(string commit) => Path.Combine(_root, "trees", $"{commit}.json");

    private static bool TryLink(string path, string target)
    {
        var link = new FileInfo(path);
        if (link.LinkTarget == target) return true;
        if (link.Exists || link.LinkTarget is not null) File.Delete(path);
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // Windows without the right, or a disk without links: a copy is made instead
        }
    }
}
