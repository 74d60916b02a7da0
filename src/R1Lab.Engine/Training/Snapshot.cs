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
    private const long MostStateBytes = 16_000_000;
    private const int DiskFullResult = unchecked((int)0x80070070);
    private const int NoSpaceOnDevice = 28;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private Snapshot(string folder, SnapshotState state) => (Folder, State) = (folder, state);

    public string Folder { get; }

    public SnapshotState State { get; }

    private sealed record FileEntry(long Size, string Sha256);

    /// <summary>Writes a snapshot, then deletes those that are not to be kept.</summary>
    /// <param name="tensors">Masters, moments and whatever else the next step depends on.</param>
    /// <param name="keep">How many of the newest stay; null: all.</param>
    /// <param name="best">The step of one more that stays.</param>
    /// <param name="whileWriting">Called between the files.</param>
    /// <returns>Its folder.</returns>
    /// <exception cref="NotEnoughSpaceException">The disk is full; earlier snapshots are as they were and nothing of this one stays.</exception>
    public static string Write(
        string snapshots, SnapshotState state, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, int? keep, int? best = null, Action? whileWriting = null)
    {
        Directory.CreateDirectory(snapshots);
        var folder = FolderOf(snapshots, state.Step);
        var text = JsonSerializer.Serialize(state, Json);
        var needed = tensors.Sum(pair => SafetensorsWriter.BytesOf(pair.Value, null) + 256) + text.Length + (1 << 16);
        DurableFile.RequireSpace(snapshots, needed);
        try
        {
            DurableFolder.Write(folder, temporary => Fill(temporary, text, tensors, whileWriting));
        }
        catch (IOException e) when (IsDiskFull(e))
        {
            throw new NotEnoughSpaceException(snapshots, needed, DurableFile.FreeBytes(snapshots));
        }

        Sweep(snapshots, state.Step, keep, best);
        return folder;
    }

    /// <summary>Where the snapshot of a step stands.</summary>
    public static string FolderOf(string snapshots, int step) => Path.Combine(snapshots, string.Create(CultureInfo.InvariantCulture, $"step-{step:D6}"));

    /// <summary>One step's snapshot; null, with the reason, when it is missing or damaged.</summary>
    public static Snapshot? Of(string snapshots, int step, out string? reason)
    {
        var folder = FolderOf(snapshots, step);
        reason = Damage(folder, out var state);
        return reason is null ? new Snapshot(folder, state!) : null;
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

    /// <summary>Gives the tensors back to the optimizer and the ledger.</summary>
    public void RestoreInto(Optimizer optimizer, RowLedger ledger)
    {
        using var file = SafetensorsFile.Open(Path.Combine(Folder, TensorFile));
        optimizer.Restore(State.Step - (State.Scaler?.SkippedSteps ?? 0), name => file.Read(name, ComputeDevice.Cpu));
        ledger.Restore(name => file.Tensors.ContainsKey(name) ? file.Read(name, ComputeDevice.Cpu) : null);
    }

    /// <summary>Gives the parameters of this step to a run that is over: its count of steps stays.</summary>
    public void RestoreResult(Optimizer optimizer)
    {
        using var file = SafetensorsFile.Open(Path.Combine(Folder, TensorFile));
        optimizer.Restore(optimizer.Steps, name => file.Read(name, ComputeDevice.Cpu));
    }

    private static void Fill(string temporary, string state, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, Action? whileWriting)
    {
        SafetensorsWriter.Write(Path.Combine(temporary, TensorFile), tensors);
        whileWriting?.Invoke();
        DurableFile.WriteAllText(Path.Combine(temporary, StateFile), state);
        var manifest = new[] { TensorFile, StateFile }.ToDictionary(name => name, name => EntryOf(Path.Combine(temporary, name)));
        DurableFile.WriteAllText(Path.Combine(temporary, ManifestFile), JsonSerializer.Serialize(manifest, Json));
    }

    // What stands behind the step just written was damaged and passed over when the run went on: it must not push out whole ones.
    private static void Sweep(string snapshots, int written, int? keep, int? best)
    {
        var (passedOver, usable) = (Folders(snapshots).Where(folder => StepOf(folder) > written), Folders(snapshots).Where(folder => StepOf(folder) <= written));
        foreach (var folder in usable.Skip(Math.Max(1, keep ?? int.MaxValue)).Where(folder => StepOf(folder) != best).Concat(passedOver).ToList())
            Directory.Delete(folder, recursive: true);
    }

    private static bool IsDiskFull(IOException error) => error is not NotEnoughSpaceException
        && (error.HResult is DiskFullResult or NoSpaceOnDevice || error.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase));

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
            var manifest = JsonSerializer.Deserialize<Dictionary<string, FileEntry>>(BoundedFile.ReadAllText(Path.Combine(folder, ManifestFile), MostStateBytes), Json);
            foreach (var name in new[] { StateFile, TensorFile })
            {
                if (manifest?.GetValueOrDefault(name) is not { } expected) return $"{ManifestFile} does not list {name}";
                if (EntryOf(Path.Combine(folder, name)) != expected) return $"{name} is not as it was written";
            }

            state = JsonSerializer.Deserialize<SnapshotState>(BoundedFile.ReadAllText(Path.Combine(folder, StateFile), MostStateBytes), Json);
            return state is null ? $"{StateFile} is empty" : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException or BadInputException)
        {
            return e.Message;
        }
    }

    private static FileEntry EntryOf(string path)
    {
        using var stream = BoundedFile.OpenRead(path);
        return new FileEntry(stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
