using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Adapters;

/// <summary>The low-rank update of one linear map: y + scaling · B(A(dropout(x))), or its weight-decomposed form (DoRA).</summary>
internal sealed class LoraLinear : IDisposable
{
    private Tensor? _frozenNorm;
    private Tensor? _upView;

    public LoraLinear(Tensor a, Tensor b, Tensor? magnitude, double scaling, double dropout)
    {
        (A, B, Magnitude, Scaling, Dropout) = (a, b, magnitude, scaling, dropout);
    }

    /// <summary>[r,in].</summary>
    public Tensor A { get; }

    /// <summary>[out,r].</summary>
    public Tensor B { get; }

    /// <summary>[out] with DoRA, else null.</summary>
    public Tensor? Magnitude { get; }

    public double Scaling { get; }

    public double Dropout { get; }

    /// <param name="x">[N,in], the module's input.</param>
    /// <param name="y">[N,out], the base's output for it, bias included.</param>
    /// <param name="at">The base map the update belongs to.</param>
    /// <returns>[N,out].</returns>
    public Tensor Apply(Tensor x, Tensor y, Projection at, ForwardContext context)
    {
        var dropping = context.Training && Dropout > 0;
        var input = dropping ? Drop(x, at.Slot, context.DropoutSeed) : x;
        var low = nn.functional.linear(input, Cast(A, x));
        if (Magnitude is not null) return ApplyDora(input, low, y, at, dropping);
        // The base's output is fresh and no backward looks at it: it is added to in place.
        return y.addmm_(low, Up(x), 1f, (float)Scaling);
    }

    /// <summary>The whole update scaling · B·A in float32, [out,in].</summary>
    public Tensor Delta() => B.to(ScalarType.Float32).mm(A.to(ScalarType.Float32)).mul((float)Scaling);

    /// <summary>The base weight [out,in] with the update worked in, computed in float32 and returned in the weight's dtype.</summary>
    public Tensor Merge(Tensor weight)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var whole = weight.to(ScalarType.Float32).add(Delta());
        if (Magnitude is not null) whole = whole * (Magnitude.to(ScalarType.Float32) / RowNorm(whole)).unsqueeze(1);
        return whole.to(weight.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Length of each row of a weight [out,in].</summary>
    public static Tensor RowNorm(Tensor weight) => linalg.vector_norm(weight, 2, [1]);

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Magnitude?.Dispose();
        _frozenNorm?.Dispose();
        _upView?.Dispose();
    }

    // PEFT's form: (m/|W+sBA| - 1) · W x + m/|W+sBA| · s B(A x), the norm a constant for gradients. With dropout the base term sees the dropped input.
    private Tensor ApplyDora(Tensor input, Tensor low, Tensor y, Projection at, bool dropped)
    {
        var factor = (Cast(Magnitude!, y) / Norm(at).to(y.dtype)).unsqueeze(0);
        var update = nn.functional.linear(low, Cast(B, y)).mul((float)Scaling);
        if (dropped) return y + (factor - 1) * at.Map(input) + factor * update;
        var plain = at.Bias is null ? y : y - at.Bias;
        return y + (factor - 1) * plain + factor * update;
    }

    // B as [r,out]. Without gradients the view follows B for good, so it is made once.
    private Tensor Up(Tensor like) => is_grad_enabled() || B.dtype != like.dtype ? Cast(B, like).t() : _upView ??= B.t().DetachFromDisposeScope();

    private Tensor Norm(Projection at)
    {
        if (_frozenNorm is not null) return _frozenNorm;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var norm = RowNorm(at.Exact().add(Delta()));
        if (A.requires_grad || at.IsTrained) return norm.MoveToOuterDisposeScope();
        return _frozenNorm = norm.DetachFromDisposeScope();
    }

    // A draw of its own for every (seed, module): nothing else in the process disturbs it, and computing a layer again repeats it.
    private Tensor Drop(Tensor x, int slot, long seed)
    {
        Tensor keep;
        using (no_grad())
        {
            keep = empty(x.shape, dtype: x.dtype, device: x.device);
            keep = SeededDraw.Fill(keep, SeedMixing.Mix((ulong)seed, (ulong)slot), (mask, generator) => mask.bernoulli_(1 - Dropout, generator)).div_((float)(1 - Dropout));
        }

        return x * keep;
    }

    private static Tensor Cast(Tensor parameter, Tensor like) => parameter.dtype == like.dtype ? parameter : parameter.to(like.dtype);
}
