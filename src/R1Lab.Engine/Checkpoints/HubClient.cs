using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// Downloads models and datasets from a Hugging Face hub or a mirror into the cache that Hugging Face's own tools use, so that each finds what the other loaded.
/// Downloads go on where they stopped, are checked by SHA-256, and several processes may ask for the same file at once. Nothing but the wanted files is asked for.
/// </summary>
public sealed class HubClient : IDisposable
{
    private const long PlainLimit = 50_000_000_000;
    private const int MaxPages = 1000;

    private static readonly string[] ModelExtensions = [".safetensors", ".json", ".jinja", ".txt", ".model", ".md"];

    private readonly HubSettings _settings;
    private readonly HubTransport? _transport;

    /// <exception cref="HubException">The settings hold an address that is none.</exception>
    public HubClient(HubSettings settings)
    {
        if (settings.Problems().FirstOrDefault(p => p.IsError) is { } problem) throw new HubException(problem.Message);
        _settings = settings;
        _transport = settings.Offline ? null : new HubTransport(settings);
    }

    /// <summary>The files a model needs: safetensors weights, configuration, tokenizer, templates; never pickles, other frameworks' or other formats' weights.</summary>
    public static bool IsModelFile(HubFile file) =>
        Path.GetFileName(file.Path) is "LICENSE" || ModelExtensions.Contains(Path.GetExtension(file.Path), StringComparer.OrdinalIgnoreCase) && !file.Path.Contains('/', StringComparison.Ordinal)
        || file.Path.StartsWith("additional_chat_templates/", StringComparison.Ordinal) && file.Path.EndsWith(".jinja", StringComparison.Ordinal);

    /// <summary>The commit behind a revision and its files.</summary>
    /// <exception cref="HubException">The hub does not answer, or there is no such repository or revision.</exception>
    public async Task<HubListing> ListAsync(string repository, string revision = "main", HubRepositoryKind kind = HubRepositoryKind.Model, CancellationToken cancellationToken = default)
    {
        HubNames.CheckRepository(repository);
        HubNames.CheckRevision(revision);
        if (_transport is null) return Cached(repository, revision, kind);
        return await AnyEndpointAsync(endpoint => ListAsync(_transport, $"{endpoint}/api/{(kind == HubRepositoryKind.Model ? "models" : "datasets")}/{repository}", revision, cancellationToken));
    }

    /// <summary>Downloads a repository's files and returns the snapshot folder that holds them.</summary>
    /// <param name="repository"><c>organisation/name</c>.</param>
    /// <param name="revision">Branch, tag or commit.</param>
    /// <param name="kind">Model or dataset.</param>
    /// <param name="wanted">Which files; null takes <see cref="IsModelFile"/> for models and everything for datasets.</param>
    /// <param name="onProgress">Called while bytes arrive.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept and used next time.</param>
    /// <exception cref="HubException">The hub failed, or a file was not what its checksum says. Files already complete stay in the cache.</exception>
    /// <exception cref="NotEnoughSpaceException">The disk has too little room; nothing was downloaded.</exception>
    public async Task<string> DownloadAsync(
        string repository, string revision = "main", HubRepositoryKind kind = HubRepositoryKind.Model, Func<HubFile, bool>? wanted = null,
        Action<HubProgress>? onProgress = null, CancellationToken cancellationToken = default)
    {
        var listing = await ListAsync(repository, revision, kind, cancellationToken);
        var cache = new HubCache(_settings, kind, repository);
        var files = listing.Files.Where(wanted ?? (kind == HubRepositoryKind.Model ? IsModelFile : _ => true)).ToList();
        CheckWanted(repository, kind, wanted, listing, files);
        var missing = files.Where(f => !cache.Has(listing.Commit, f.Path)).ToList();
        if (_transport is null) return missing.Count == 0 ? cache.Snapshot(listing.Commit) : throw new HubException($"{repository}: offline, and {missing[0].Path} is not in the cache.");
        DurableFile.RequireSpace(_settings.CacheFolder, missing.Sum(f => File.Exists(cache.Blob(f.Sha256 ?? "-")) ? 0 : f.Size ?? 0));
        cache.SetListing(listing);
        var progress = new ProgressSum(files, missing, onProgress);
        foreach (var file in missing) await DownloadAsync(_transport, cache, Prefix(kind) + repository, listing.Commit, file, progress, cancellationToken);
        cache.SetReference(revision, listing.Commit);
        return cache.Snapshot(listing.Commit);
    }

    public void Dispose() => _transport?.Dispose();

    private HubListing Cached(string repository, string revision, HubRepositoryKind kind)
    {
        var cache = new HubCache(_settings, kind, repository);
        var commit = cache.CommitOf(revision) ?? throw new HubException($"{repository}: offline, and revision {revision} is not in the cache.");
        return cache.ListingOf(commit) ?? new HubListing(commit, [.. Directory.GetFiles(cache.Snapshot(commit), "*", SearchOption.AllDirectories)
            .Select(f => new HubFile(Path.GetRelativePath(cache.Snapshot(commit), f).Replace('\\', '/'), null, null))]);
    }

    private static async Task<HubListing> ListAsync(HubTransport transport, string api, string revision, CancellationToken cancellationToken)
    {
        var address = new Uri($"{api}/revision/{Uri.EscapeDataString(revision)}");
        var description = await JsonAsync(transport, address, cancellationToken);
        var commit = HubListingReader.Commit(address.ToString(), description.Json);
        var files = new List<HubFile>();
        try
        {
            var page = new Uri($"{api}/tree/{commit}?recursive=true");
            for (var pages = 0; page is not null; pages++)
            {
                if (pages == MaxPages) throw new HubException($"{api}: the list of files does not end.");
                var (json, next) = await JsonAsync(transport, page, cancellationToken);
                files.AddRange(HubListingReader.Tree(page.ToString(), json));
                page = next;
            }
        }
        catch (HubException e) when (e.Status == System.Net.HttpStatusCode.NotFound)
        {
            return new HubListing(commit, HubListingReader.Siblings(address.ToString(), description.Json)); // a mirror without trees: names only, checksums come with each file
        }

        return new HubListing(commit, files);
    }

    private static async Task<(JsonNode? Json, Uri? Next)> JsonAsync(HubTransport transport, Uri address, CancellationToken cancellationToken)
    {
        var (body, next) = await transport.ListAsync(address, cancellationToken);
        return (HubListingReader.Parse(address.ToString(), body), next);
    }

    private async Task DownloadAsync(HubTransport transport, HubCache cache, string repository, string commit, HubFile file, ProgressSum progress, CancellationToken cancellationToken) =>
        await AnyEndpointAsync(async endpoint =>
        {
            var address = new Uri($"{endpoint}/{repository}/resolve/{commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}");
            var (etag, size) = await DescribeAsync(transport, cache, address, commit, file, cancellationToken);
            using var held = await cache.LockAsync(etag, cancellationToken);
            if (!File.Exists(cache.Blob(etag)))
            {
                var download = new HubDownload(transport, _settings, cache.Blob(etag), etag, (bytes, total) => progress.Report(file.Path, bytes, total));
                await download.RunAsync(address, size, file.Sha256, cancellationToken);
            }

            cache.Link(etag, commit, file.Path);
            progress.Finish(file.Path, new FileInfo(cache.Blob(etag)).Length);
            return etag;
        });

    private static async Task<(string Etag, long? Size)> DescribeAsync(HubTransport transport, HubCache cache, Uri address, string commit, HubFile file, CancellationToken cancellationToken)
    {
        using var answer = await transport.HeadAsync(address, cancellationToken);
        if (answer.StatusCode == System.Net.HttpStatusCode.NotFound) cache.MarkMissing(commit, file.Path);
        if (!answer.IsSuccessStatusCode && answer.Headers.Location is null) throw HubTransport.Refused(address, answer.StatusCode);
        string? Header(string name) => answer.Headers.TryGetValues(name, out var values) ? values.First() : null;
        if (Header("X-Repo-Commit") is { } told && told != commit) throw new HubException($"{address}: the hub answers for commit {told}, asked was {commit}.");
        var etag = HubNames.CheckEtag(address.ToString(), Header("X-Linked-Etag") ?? (answer.IsSuccessStatusCode ? answer.Headers.ETag?.ToString() : null) ?? file.Sha256);
        if (file.Sha256 is not null && HubNames.IsSha256(etag) && etag != file.Sha256) throw new HubException($"{address}: the hub gives two checksums, {file.Sha256} and {etag}.");
        var size = long.TryParse(Header("X-Linked-Size"), out var linked) ? linked : answer.IsSuccessStatusCode && answer.Content.Headers.ContentLength is > 0 and var length ? length : file.Size;
        if (file.Size is not null && size != file.Size) throw new HubException($"{address}: the hub gives two sizes, {file.Size} and {size}.");
        if (size > PlainLimit) throw new HubException($"{address}: the file has {size} bytes; files over {PlainLimit / 1_000_000_000} GB cannot be loaded this way.");
        return (etag, size);
    }

    private static void CheckWanted(string repository, HubRepositoryKind kind, Func<HubFile, bool>? wanted, HubListing listing, List<HubFile> files)
    {
        if (files.Count == 0) throw new HubException($"{repository}: the repository holds none of the wanted files.");
        if (kind != HubRepositoryKind.Model || wanted is not null || files.Any(f => f.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))) return;
        if (listing.Files.FirstOrDefault(f => WeightFiles.IsPickle(f.Path)) is { } pickle) throw new HubException($"{repository}: it has only pickle weights ({pickle.Path}), which are refused; choose a repository with safetensors.");
        if (listing.Files.FirstOrDefault(f => WeightFiles.IsGguf(f.Path)) is { } gguf) throw new HubException($"{repository}: it has only GGUF weights ({gguf.Path}), which are refused; choose the original model.");
    }

    private async Task<T> AnyEndpointAsync<T>(Func<string, Task<T>> ask)
    {
        var endpoints = _settings.Mirrors.Prepend(_settings.Endpoint).Select(e => e.TrimEnd('/')).ToList();
        for (var i = 0; ; i++)
        {
            try
            {
                return await ask(endpoints[i]);
            }
            catch (HubException e) when (e.MirrorMayHelp && i + 1 < endpoints.Count)
            {
                // The next endpoint is asked for the same; its own failure is the one told when it is the last.
            }
        }
    }

    private static string Prefix(HubRepositoryKind kind) => kind == HubRepositoryKind.Model ? "" : "datasets/";

    private sealed class ProgressSum(List<HubFile> files, List<HubFile> missing, Action<HubProgress>? onProgress)
    {
        private readonly long _size = files.Sum(f => f.Size ?? 0);
        private long _done = files.Except(missing).Sum(f => f.Size ?? 0);

        public void Report(string file, long bytes, long? size) => onProgress?.Invoke(new HubProgress(file, bytes, size, _done + bytes, Math.Max(_size, _done + bytes)));

        public void Finish(string file, long bytes)
        {
            Report(file, bytes, bytes);
            _done += bytes;
        }
    }
}
