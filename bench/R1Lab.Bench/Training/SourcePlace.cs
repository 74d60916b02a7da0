namespace R1Lab.Bench.Training;

/// <summary>Finds what lies beside the sources: above the working folder or above the program.</summary>
internal static class SourcePlace
{
    /// <returns>Null when neither place has it.</returns>
    public static string? Find(params string[] parts)
    {
        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (var at = new DirectoryInfo(start); at is not null; at = at.Parent)
            {
                var path = Path.Combine([at.FullName, .. parts]);
                if (Path.Exists(path)) return path;
            }
        }

        return null;
    }
}
