using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// A run's whole standing on disk, <c>snapshots/step-000123/</c>: <c>state.json</c>, <c>tensors.safetensors</c> (masters and moments) and
/// <c>manifest.json</c> with every file's size and SHA-256. A snapshot appears whole or not at all, and a damaged one is known by its hashes.
/// </summary>
internal sealed class Snapshot
{
    private const string StateFile = "state.json";
    private const string TensorFile = "tensors.safetensors";
    private const string ManifestFile = "manifest.json";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private Snapshot(string folder, SnapshotState state) => (Folder, State) = (folder, state);

    public string Folder { get; }

    public SnapshotState State { get; }

    private sealed record FileEntry(long Size, string Sha256);

    /// <summary>Writes a snapshot and deletes the oldest beyond <paramref name="keep"/>.</summary>
    /// <returns>Its folder.</returns>
    public static string Write(string snapshots, SnapshotState state, IEnumerable<KeyValuePair<string, Tensor>> tensors, int? keep)
    {
        Directory.CreateDirectory(snapshots);
        var folder = Path.Combine(snapshots, string.Create(CultureInfo.InvariantCulture, $"step-{state.Step:D6}"));
        DurableFolder.Write(folder, temporary =>
        {
            SafetensorsWriter.Write(Path.Combine(temporary, TensorFile), tensors);
            DurableFile.WriteAllText(Path.Combine(temporary, StateFile), JsonSerializer.Serialize(state, Json));
            var manifest = new[] { TensorFile, StateFile }.ToDictionary(name => name, name => EntryOf(Path.Combine(temporary, name)));
            DurableFile.WriteAllText(Path.Combine(temporary, ManifestFile), JsonSerializer.Serialize(manifest, Json));
        });
        foreach (var old in Folders(snapshots).Skip(keep ?? int.MaxValue)) Directory.Delete(old, recursive: true);
        return folder;
    }

    /// <summary>The newest whole snapshot, or null.</summary>
    /// <param name="onDamaged">Told the name of each damaged one passed over, and why.</param>
    public static Snapshot? Newest(string snapshots, Action<string, string> onDamaged)
    {
        if (!Directory.Exists(snapshots)) return null;
        DurableFolder.Sweep(snapshots);
        foreach (var folder in Folders(snapshots))
        {
            if (Damage(folder, out var state) is { } reason) onDamaged(Path.GetFileName(folder), reason);
            else return new Snapshot(folder, state!);
        }

        return null;
    }

    /// <summary>Gives the tensors back to the optimizer.</summary>
    public void RestoreInto(Optimizer optimizer)
    {
        using var file = SafetensorsFile.Open(Path.Combine(Folder, TensorFile));
        optimizer.Restore(State.Step, name => file.Read(name, ComputeDevice.Cpu));
    }

    // Newest first.
    private static IEnumerable<string> Folders(string snapshots) =>
        Directory.GetDirectories(snapshots, "step-*").Where(folder => StepOf(folder) is not null).OrderByDescending(folder => StepOf(folder));

    private static int? StepOf(string folder) =>
        int.TryParse(Path.GetFileName(folder)["step-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;

    private static string? Damage(string folder, out SnapshotState? state)
    {
        state = null;
        try
        {
            var manifest = JsonSerializer.Deserialize<Dictionary<string, FileEntry>>(File.ReadAllText(Path.Combine(folder, ManifestFile)), Json);
            foreach (var name in new[] { StateFile, TensorFile })
            {
                if (manifest?.GetValueOrDefault(name) is not { } expected) return $"{ManifestFile} does not list {name}";
                if (EntryOf(Path.Combine(folder, name)) != expected) return $"{name} is not as it was written";
            }

            state = JsonSerializer.Deserialize<SnapshotState>(File.ReadAllText(Path.Combine(folder, StateFile)), Json);
            return state is null ? $"{StateFile} is empty" : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static FileEntry EntryOf(string path)
    {
        using var stream = File.OpenRead(path);
        return new FileEntry(stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
