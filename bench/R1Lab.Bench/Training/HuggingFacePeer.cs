using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Bench.Training;

/// <summary>The same LoRA work by transformers and peft, when this machine's Python has them.</summary>
internal static class HuggingFacePeer
{
    /// <param name="options">With the checkpointing that the peer is to have. It takes whole lines, packed or not.</param>
    /// <param name="note">Told why there are no figures.</param>
    /// <returns>Null when Python or a package is missing or failed, or memory ran out.</returns>
    public static TrainingFigures? Measure(BenchModel model, TrainOptions options, Action<string> note)
    {
        if (SourcePlace.Find("bench", "peers", "hf_lora.py") is not { } script)
        {
            note("peer hf: bench/peers/hf_lora.py was not found above the working folder");
            return null;
        }

        var start = new ProcessStartInfo(options.Python) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in new[] { script, model.Folder, $"{options.Batch}", $"{options.Length}", $"{options.Steps}", $"{options.Threads}", options.Checkpointing ? "1" : "0", options.Device }) start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return Read(output, model, options, note);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or JsonException)
        {
            note($"peer hf: not measured, {options.Python} did not run: {e.Message}");
            return null;
        }
    }

    private static TrainingFigures? Read(string output, BenchModel model, TrainOptions options, Action<string> note)
    {
        var said = JsonNode.Parse(output.Trim().Split('\n')[^1])!.AsObject();
        if (said["missing"] is { } missing)
        {
            note($"peer hf: not measured, this machine's Python has no {missing}");
            return null;
        }

        if (said["failed"] is { } failure)
        {
            note($"peer hf: {model.Name}, checkpointing {(options.Checkpointing ? "on" : "off")}: {failure}");
            return null;
        }

        var config = DecoderConfig.Parse(ModelFolder.Open(model.Folder).ConfigJson, ModelFolder.ConfigFileName);
        var speed = options.Batch * options.Length / (double)said["step_ms"]! * 1000;
        var gflops = speed * TrainingFlops.PerToken(config, TrainingMethod.Lora, options.Length) / 1e9;
        return new TrainingFigures
        {
            Model = model.Name,
            Method = "lora",
            By = (string)said["by"]!,
            Batch = options.Batch,
            Length = options.Length,
            Checkpointing = options.Checkpointing,
            TokensPerSecond = speed,
            ModelGflops = gflops,
            ProductGflops = (double)said["product_gflops"]!,
            ModelFlopUtilisation = options.PeakTflops is { } peak ? gflops / peak / 10 : null,
            PeakMemoryMb = (double)said["peak_memory_mb"]!,
            PeakDeviceMemoryMb = (double?)said["peak_device_memory_mb"],
            PeakDeviceAllocatedMb = (double?)said["peak_device_allocated_mb"],
            StepMs = (double)said["step_ms"]!,
            ForwardMs = (double)said["forward_ms"]!,
            BackwardMs = (double)said["backward_ms"]!,
            OptimizerMs = (double)said["optimizer_ms"]!,
            Steps = options.Steps,
        };
    }
}
