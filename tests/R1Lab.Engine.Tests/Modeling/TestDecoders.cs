using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Modeling;

internal static class TestDecoders
{
    /// <summary>A golden model in float32 on the CPU.</summary>
    public static Decoder Load(string model)
    {
        var decoder = ModelLoader.CreateRandom(GoldenTensors.Config(model), ComputeDevice.Cpu, ScalarType.Float32, 1);
        using var noGrad = no_grad();
        foreach (var file in Directory.GetFiles(ReferenceFiles.Golden("huggingface", "models", model), "*.safetensors"))
        {
            foreach (var (name, tensor) in GoldenTensors.Read("models", model, Path.GetFileName(file))) decoder.Parameters[name].copy_(tensor);
        }

        return decoder;
    }
}
