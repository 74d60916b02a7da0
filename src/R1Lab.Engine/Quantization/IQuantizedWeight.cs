using static TorchSharp.torch;

namespace R1Lab.Engine.Quantization;

/// <summary>A frozen weight matrix [out,in] held in fewer bits than it is computed with.</summary>
internal interface IQuantizedWeight : IDisposable
{
    long Outputs { get; }

    long Inputs { get; }

    Device Device { get; }

    /// <summary>Bytes held on the device: codes and scales.</summary>
    long MemoryBytes { get; }

    /// <summary>The weight [out,in] as it is computed with: a new tensor without a graph, owned by the caller's dispose scope.</summary>
    Tensor Dense(ScalarType dtype);
}
