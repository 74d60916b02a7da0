using System.Security.Cryptography;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>Changes a stopped run's newest snapshot so that it still counts as whole.</summary>
internal static class SnapshotEdit
{
    public static void Scaler(TrainingJob job, Action<JsonObject> change)
    {
        var folder = Directory.GetDirectories(Path.Combine(job.OutputFolder, "snapshots")).Max()!;
        var (statePath, manifestPath) = (Path.Combine(folder, "state.json"), Path.Combine(folder, "manifest.json"));
        var state = JsonNode.Parse(File.ReadAllText(statePath))!;
        change(state["scaler"]!.AsObject());
        File.WriteAllText(statePath, state.ToJsonString());
        var bytes = File.ReadAllBytes(statePath);
        var manifest = JsonNode.Parse(File.ReadAllText(manifestPath))!;
        manifest["state.json"] = new JsonObject { ["size"] = bytes.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
        File.WriteAllText(manifestPath, manifest.ToJsonString());
    }
}
