using System.Diagnostics;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Bench.Training;

/// <summary>The yardstick: a 1024 x 512 by 512 x 1376 product into memory that is already there.</summary>
internal sealed class MatrixProduct : IDisposable
{
    private const int Repeats = 10;
    private readonly ComputeDevice _device;
    private readonly Tensor _left;
    private readonly Tensor _right;
    private readonly Tensor _result;

    public MatrixProduct(ComputeDevice device, ScalarType dtype)
    {
        _device = device;
        _left = rand(1024, 512, device: device.Torch).to(dtype);
        _right = rand(512, 1376, device: device.Torch).to(dtype);
        _result = empty(1024, 1376, dtype: dtype, device: device.Torch);
    }

    /// <summary>10⁹ operations a second now, over some milliseconds.</summary>
    public double Gflops()
    {
        using var noGradient = no_grad();
        Multiply();
        Synchronize();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Repeats; i++) Multiply();
        Synchronize();
        return Repeats * 2.0 * 1024 * 512 * 1376 / watch.Elapsed.TotalSeconds / 1e9;
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
        _result.Dispose();
    }

    private void Multiply() => Dispatcher.Call("aten::mm", "out", _left, _right, _result).Dispose();

    private void Synchronize()
    {
        if (_device.IsCuda) cuda.synchronize(_device.Torch);
    }
}
