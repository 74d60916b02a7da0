namespace R1Lab.Tests.Shared;

/// <summary>
/// Finds test data: public vocabularies and templates stay outside the repository (<c>R1LAB_REFERENCE</c>, or <c>shared/reference</c> beside the
/// checkout); everything else is under <c>tests/Golden</c>.
/// </summary>
internal static class ReferenceFiles
{
    public static string Repository { get; } = FindUpwards("R1Lab.sln");

    /// <summary>A path under tests/Golden.</summary>
    public static string Golden(params string[] parts) => Path.Combine([Repository, "tests", "Golden", .. parts]);

    /// <summary>A path in the public reference data; skips the test, with the reason shown, where that data is absent.</summary>
    public static string Public(params string[] parts)
    {
        var root = Environment.GetEnvironmentVariable("R1LAB_REFERENCE") ?? Path.Combine(Repository, "..", "shared", "reference");
        var path = Path.GetFullPath(Path.Combine([root, .. parts]));
        Assert.SkipUnless(Path.Exists(path), $"Reference data not found: {Path.Combine(parts)} (set R1LAB_REFERENCE to the folder that holds it).");
        return path;
    }

    private static string FindUpwards(string file)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, file))) return folder.FullName;
        }

        throw new FileNotFoundException($"{file} was not found above {AppContext.BaseDirectory}.");
    }
}
