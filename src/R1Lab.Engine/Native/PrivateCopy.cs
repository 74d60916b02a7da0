namespace R1Lab.Engine.Native;

/// <summary>
/// Loads a native library from a copy of our own. Which folder takes it depends on the account: a service user often has no home, or one it may not
/// write to, and a temporary folder may forbid running what lies in it. So each is tried until the library is loaded.
/// </summary>
internal static class PrivateCopy
{
    /// <summary>The user's own folder, where the copy stays for the next start; null for an account without one. Nothing is verified or created here: that throws where a folder is denied.</summary>
    public static string? Own() => Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } user
        ? Path.Combine(user, "r1lab", "native")
        : null;

    /// <summary>Folders in which a copy may lie while it is loaded.</summary>
    public static IReadOnlyList<string> Temporary() =>
        [.. new[] { Path.GetTempPath(), "/var/tmp", AppContext.BaseDirectory }.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];

    /// <param name="image">The library.</param>
    /// <param name="name">Its file name.</param>
    /// <param name="own">Tried first, made when missing; keeps the copy. Null: there is none.</param>
    /// <param name="temporary">Tried next, in this order; nothing stays there.</param>
    /// <returns>Null when it is loaded, else every folder with the reason it could not be loaded from there.</returns>
    public static string? Load(byte[] image, string name, string? own, IReadOnlyList<string> temporary)
    {
        var refusals = new List<string>();
        if (own is not null && Refusal(own, () => BoundLibrary.Load(Keep(image, name, own))) is var first)
        {
            if (first is null) return null;
            refusals.Add(first);
        }

        foreach (var folder in temporary)
        {
            if (Refusal(folder, () => LoadPassing(image, name, folder)) is not { } refusal) return null;
            refusals.Add(refusal);
        }

        return $"a copy that suits the C++ library of this system could be loaded from none of these folders: {string.Join("; ", refusals)}. Make one of them writable, or set TMPDIR to a folder that is.";
    }

    private static string? Refusal(string folder, Func<string?> load)
    {
        try
        {
            return load() is { } reason ? $"{folder} ({reason})" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{folder} ({e.Message})";
        }
    }

    // A name of our own per process, then a rename: two programs that start together never load a half-written file.
    private static string Keep(byte[] image, string name, string folder)
    {
        Directory.CreateDirectory(folder);
        var target = Path.Combine(folder, name);
        if (File.Exists(target) && File.ReadAllBytes(target).AsSpan().SequenceEqual(image)) return target;
        var partial = $"{target}.{Environment.ProcessId}";
        File.WriteAllBytes(partial, image);
        File.Move(partial, target, overwrite: true);
        return target;
    }

    // Others may write beside us here: a folder with a random name that only this user may enter, gone as soon as the library is in memory.
    private static string? LoadPassing(byte[] image, string name, string parent)
    {
        var path = Path.Combine(parent, $"r1lab-native-{Guid.NewGuid():N}");
        var folder = OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var target = Path.Combine(folder.FullName, name);
            File.WriteAllBytes(target, image);
            return BoundLibrary.Load(target);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
