using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>What a repository holds.</summary>
public enum HubRepositoryKind { Model, Dataset }

/// <summary>One file of a commit.</summary>
/// <param name="Path">Path in the repository, with forward slashes.</param>
/// <param name="Size">Bytes; null when the hub does not say.</param>
/// <param name="Sha256">SHA-256 of a large file's bytes; null for small files.</param>
public sealed record HubFile(string Path, long? Size, string? Sha256);

/// <summary>The files of one commit of a repository.</summary>
public sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files);

/// <summary>How far a download is.</summary>
/// <param name="File">The file now loading.</param>
/// <param name="FileBytes">Bytes of it that are here.</param>
/// <param name="FileSize">Its size; null when not known.</param>
/// <param name="Bytes">Bytes of all wanted files that are here.</param>
/// <param name="Size">Size of all wanted files, as far as known.</param>
public sealed record HubProgress(string File, long FileBytes, long? FileSize, long Bytes, long Size);

/// <summary>Reads and checks the hub's lists: what a server says about names is not trusted.</summary>
internal static class HubListingReader
{
    public static string Commit(string address, JsonNode? json) =>
        Text(json?["sha"]) is { } sha && HubNames.IsCommit(sha) ? sha : throw new HubException($"{address}: the answer names no commit.");

    /// <summary>Names only, from the repository's description.</summary>
    public static List<HubFile> Siblings(string address, JsonNode? json) => json?["siblings"] is JsonArray files
        ? [.. files.Select(f => new HubFile(HubNames.CheckFile(address, Text(f?["rfilename"])), null, null))]
        : throw new HubException($"{address}: the answer lists no files.");

    /// <summary>One page of the tree, with sizes and checksums.</summary>
    public static IEnumerable<HubFile> Tree(string address, JsonNode? json)
    {
        if (json is not JsonArray items) throw new HubException($"{address}: the answer is no list of files.");
        return items.Where(i => Text(i?["type"]) == "file").Select(i =>
        {
            var large = i!["lfs"];
            var sha256 = Text(large?["oid"])?.Replace("sha256:", "", StringComparison.Ordinal).ToLowerInvariant();
            if (sha256 is not null && !HubNames.IsSha256(sha256)) throw new HubException($"{address}: the checksum \"{sha256}\" is no SHA-256.");
            return new HubFile(HubNames.CheckFile(address, Text(i["path"])), Number(large?["size"]) ?? Number(i["size"]), sha256);
        });
    }

    public static JsonNode? Parse(string address, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new HubException($"{address}: the answer is not valid JSON.", e) { MirrorMayHelp = true };
        }
    }

    private static string? Text(JsonNode? node)
    {
        try
        {
            return node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        }
        catch (InvalidOperationException) // a lone surrogate
        {
            return null;
        }
    }

    private static long? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) && number >= 0 ? number : null;
}
