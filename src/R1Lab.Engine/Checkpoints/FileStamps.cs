namespace R1Lab.Engine.Checkpoints;

/// <summary>Sizes and times of a folder's model files as they were once, to notice that others stand under their names now.</summary>
internal sealed class FileStamps
{
    private static readonly string[] Patterns = ["*.safetensors", "*.json", "*.jinja"];

    private readonly string _folder;
    private readonly List<(string Name, long Length, DateTime Written)> _stamps;

    private FileStamps(string folder) => (_folder, _stamps) = (folder, Read(folder));

    public static FileStamps Of(string folder) => new(folder);

    /// <summary>Whether a file was written, replaced, added or removed since.</summary>
    public bool HaveChanged => !_stamps.SequenceEqual(Read(_folder));

    private static List<(string Name, long Length, DateTime Written)> Read(string folder)
    {
        try
        {
            var files = Patterns.SelectMany(pattern => new DirectoryInfo(folder).EnumerateFiles(pattern)).OrderBy(file => file.Name, StringComparer.Ordinal);
            return [.. files.Select(file => (file.Name, file.Length, file.LastWriteTimeUtc))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // the folder is gone, or a file went while it was listed
        }
    }
}
