using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// The gradients of everything trained, in one float32 tensor a device: cleared, scaled and measured at once. Float32 parameters write into it
/// directly; gradients of narrower types are gathered after every micro-batch, so that accumulation never rounds to bfloat16.
/// </summary>
internal sealed class GradientBuffer : IDisposable
{
    private readonly List<Tensor> _wholes = [];
    private readonly List<Tensor> _gathered = [];

    public GradientBuffer(IReadOnlyList<Tensor> parameters)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var views = new Tensor[parameters.Count];
        foreach (var beside in Enumerable.Range(0, parameters.Count).GroupBy(i => parameters[i].device.ToString()))
        {
            var whole = zeros(beside.Sum(i => parameters[i].numel()), dtype: ScalarType.Float32, device: parameters[beside.First()].device).DetachFromDisposeScope();
            _wholes.Add(whole);
            var start = 0L;
            foreach (var i in beside)
            {
                views[i] = whole.narrow(0, start, parameters[i].numel()).view(parameters[i].shape).DetachFromDisposeScope();
                start += parameters[i].numel();
            }
        }

        Views = views;
        for (var i = 0; i < views.Length; i++)
        {
            if (parameters[i].dtype == ScalarType.Float32) parameters[i].grad = views[i];
            else _gathered.Add(parameters[i]);
        }
    }

    /// <summary>One gradient per parameter, in order, each a view of its device's whole.</summary>
    public IReadOnlyList<Tensor> Views { get; }

    /// <summary>Forgets every gradient, also what a pass that was broken off left on the parameters.</summary>
    public void Clear()
    {
        _wholes.ForEach(whole => whole.zero_());
        foreach (var parameter in _gathered) parameter.grad = null;
    }

    /// <summary>Adds what the last backward pass left on parameters that are not float32.</summary>
    public void Gather(IReadOnlyList<Tensor> parameters)
    {
        if (_gathered.Count == 0) return;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].dtype == ScalarType.Float32 || parameters[i].grad is not { } gradient) continue;
            Views[i].add_(gradient);
            parameters[i].grad = null;
        }
    }

    /// <summary>
    /// The total 2-norm, as <c>torch.nn.utils.clip_grad_norm_</c> takes it: the norm of the norms. A card takes each device's whole at once: hundreds of
    /// small kernels would cost more than the sum.
    /// </summary>
    public double Norm()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var first = _wholes[0].device;
        var parts = first.type == DeviceType.CUDA ? _wholes : Views;
        return linalg.vector_norm(stack(parts.Select(part => linalg.vector_norm(part).to(first)))).ToSingle();
    }

    /// <summary>The place of the last view that holds a number that is not finite: the first of them in the backward pass. -1 when all are finite.</summary>
    public int LastNonFinite()
    {
        using var noGradient = no_grad();
        for (var i = Views.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            if (!Views[i].isfinite().all().item<bool>()) return i;
        }

        return -1;
    }

    /// <summary>Scales the gradients down to <paramref name="most"/> when their norm is above it.</summary>
    public void Clip(double norm, double most)
    {
        var factor = (float)most / ((float)norm + 1e-6f);
        if (most > 0 && factor < 1) Scale(factor);
    }

    /// <summary>Multiplies every gradient.</summary>
    public void Scale(float factor) => _wholes.ForEach(whole => whole.mul_(factor));

    public void Dispose()
    {
        foreach (var view in Views) view.Dispose();
        _wholes.ForEach(whole => whole.Dispose());
    }
}
