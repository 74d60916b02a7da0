namespace R1Lab.Web.Storage;

/// <summary>Another process works in the data folder.</summary>
public sealed class FolderInUseException(string folder, string holder) : IOException(
    $"The data folder {folder} is in use by another R1Lab ({Sentence(holder)}). Stop that one first, or choose another Lab:DataFolder.")
{
    // The lines of the lock file, one fact each; an address only when it is known.
    private static string Sentence(string holder)
    {
        var facts = holder.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Trim().Contains(' ', StringComparison.Ordinal)).ToList();
        return facts.Count == 0 ? "it has not said who it is" : string.Join(", ", facts);
    }
}
