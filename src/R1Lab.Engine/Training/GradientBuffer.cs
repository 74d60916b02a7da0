using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// The gradients of everything trained, in one float32 tensor: cleared, scaled and measured at once. Float32 parameters write into it
/// directly; gradients of narrower types are gathered after every micro-batch, so that accumulation never rounds to bfloat16.
/// </summary>
internal sealed class GradientBuffer : IDisposable
{
    private readonly Tensor _whole;
    private readonly List<Tensor> _gathered = [];

    public GradientBuffer(IReadOnlyList<Tensor> parameters)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        _whole = zeros(parameters.Sum(parameter => parameter.numel()), dtype: ScalarType.Float32, device: parameters[0].device).DetachFromDisposeScope();
        var views = new List<Tensor>();
        var start = 0L;
        foreach (var parameter in parameters)
        {
            var view = _whole.narrow(0, start, parameter.numel()).view(parameter.shape).DetachFromDisposeScope();
            if (parameter.dtype == ScalarType.Float32) parameter.grad = view;
            else _gathered.Add(parameter);
            views.Add(view);
            start += parameter.numel();
        }

        Views = views;
    }

    /// <summary>One gradient per parameter, in order, each a view of the whole.</summary>
    public IReadOnlyList<Tensor> Views { get; }

    public void Clear() => _whole.zero_();

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

    /// <summary>The total 2-norm, as <c>torch.nn.utils.clip_grad_norm_</c> takes it: the norm of the norms.</summary>
    public double Norm()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return linalg.vector_norm(stack(Views.Select(view => linalg.vector_norm(view)))).ToSingle();
    }

    /// <summary>Scales the gradients down to <paramref name="most"/> when their norm is above it.</summary>
    public void Clip(double norm, double most)
    {
        var factor = (float)most / ((float)norm + 1e-6f);
        if (most > 0 && factor < 1) _whole.mul_(factor);
    }

    public void Dispose()
    {
        foreach (var view in Views) view.Dispose();
        _whole.Dispose();
    }
}
