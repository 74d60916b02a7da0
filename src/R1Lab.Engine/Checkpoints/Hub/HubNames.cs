using System.Text.RegularExpressions;

namespace R1Lab.Engine.Checkpoints;

/// <summary>Names on a hub, checked before they become addresses or paths.</summary>
internal static partial class HubNames
{
    public static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    public static bool IsSha256(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    public static bool IsGitHash(string text) => IsCommit(text);

    public static void CheckRepository(string repository)
    {
        if (!RepositoryName().IsMatch(repository) || repository.Contains("--", StringComparison.Ordinal) || repository.Contains("..", StringComparison.Ordinal))
            throw new HubException($"\"{repository}\" is not the name of a repository: it must be like organisation/name.");
    }

    public static void CheckRevision(string revision)
    {
        if (!RevisionName().IsMatch(revision) || revision.Contains("..", StringComparison.Ordinal) || revision.Contains("//", StringComparison.Ordinal))
            throw new HubException($"\"{revision}\" is not the name of a revision.");
    }

    public static string CheckFile(string address, string? path)
    {
        var good = path is { Length: > 0 and < 1000 } && !path.Contains('\\') && !path.Any(char.IsControl)
            && path.Split('/').All(p => p.Length is > 0 and < 256 && p is not ("." or "..") && !p.Contains(':'));
        return good ? path! : throw new HubException($"{address}: the file name \"{path}\" is not allowed.");
    }

    /// <summary>The name of a blob: the hub's checksum of the file.</summary>
    public static string CheckEtag(string address, string? etag)
    {
        var plain = etag?.Trim();
        if (plain?.StartsWith("W/", StringComparison.Ordinal) == true) plain = plain[2..];
        plain = plain?.Trim('"');
        return plain is not null && EtagName().IsMatch(plain) ? plain : throw new HubException($"{address}: the answer carries no usable checksum (ETag).");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,95})?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RepositoryName();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RevisionName();

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EtagName();
}
