using R1Lab.Engine.Modeling;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// AdamW by libtorch's fused operator: one pass over memory a step, no temporaries. Moments and master weights are float32; parameters of a
/// narrower type get a rounded copy after each step.
/// </summary>
internal sealed class Optimizer : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly List<string> _names;
    private readonly List<Tensor> _parameters;
    private readonly List<Tensor> _masters;
    private readonly List<Tensor> _firstMoments;
    private readonly List<Tensor> _secondMoments;
    private readonly Tensor _steps;
    private readonly (double WeightDecay, int[] Members)[] _groups;

    /// <param name="parameters">Leaves to train, by name.</param>
    /// <param name="decays">Whether weight decay acts on a name.</param>
    public Optimizer(IReadOnlyDictionary<string, Tensor> parameters, TrainingRecipe recipe, Func<string, bool> decays)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        _recipe = recipe;
        _names = [.. parameters.Keys];
        _parameters = [.. parameters.Values];
        _masters = [.. _parameters.Select(p => p.dtype == ScalarType.Float32 ? p : p.to(ScalarType.Float32).DetachFromDisposeScope())];
        _firstMoments = [.. _parameters.Select(p => zeros_like(p, dtype: ScalarType.Float32).DetachFromDisposeScope())];
        _secondMoments = [.. _parameters.Select(p => zeros_like(p, dtype: ScalarType.Float32).DetachFromDisposeScope())];
        _steps = zeros(1, dtype: ScalarType.Float32, device: _parameters[0].device).reshape([]).DetachFromDisposeScope();
        Gradients = new GradientBuffer(_parameters);
        var all = Enumerable.Range(0, _names.Count).ToLookup(i => decays(_names[i]));
        _groups = [(recipe.WeightDecay, [.. all[true]]), (0, [.. all[false]])];
    }

    public GradientBuffer Gradients { get; }

    public IReadOnlyList<Tensor> Parameters => _parameters;

    /// <summary>Steps taken.</summary>
    public int Steps { get; private set; }

    /// <summary>
    /// Whether Hugging Face's trainer lets a weight decay: not biases, not norms by name, and in the Llama family no norm at all
    /// (its norm class is on that trainer's list, the Qwen ones are not).
    /// </summary>
    public static bool DecaysByDefault(string name, DecoderFamily family) =>
        !name.Contains("bias", StringComparison.Ordinal) && !name.Contains("layernorm", StringComparison.Ordinal)
        && !(family == DecoderFamily.Llama && name.EndsWith("norm.weight", StringComparison.Ordinal));

    /// <summary>Moves every parameter along its gradient.</summary>
    public void Step(double learningRate)
    {
        using var noGradient = no_grad();
        _steps.fill_(++Steps);
        foreach (var (decay, members) in _groups)
        {
            if (members.Length > 0) Update(learningRate, decay, members);
        }

        for (var i = 0; i < _parameters.Count; i++)
        {
            if (!ReferenceEquals(_masters[i], _parameters[i])) _parameters[i].copy_(_masters[i]);
        }
    }

    /// <summary>Everything the next step depends on, by name: masters and moments.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State()
    {
        for (var i = 0; i < _names.Count; i++)
        {
            yield return new($"parameter/{_names[i]}", _masters[i]);
            yield return new($"first_moment/{_names[i]}", _firstMoments[i]);
            yield return new($"second_moment/{_names[i]}", _secondMoments[i]);
        }
    }

    /// <summary>Takes back what <see cref="State"/> gave.</summary>
    /// <param name="read">The tensor of a name, float32, of the parameter's shape; disposed here.</param>
    public void Restore(int steps, Func<string, Tensor> read)
    {
        using var noGradient = no_grad();
        foreach (var (name, tensor) in State())
        {
            using var stored = read(name);
            tensor.copy_(stored);
        }

        for (var i = 0; i < _parameters.Count; i++)
        {
            if (!ReferenceEquals(_masters[i], _parameters[i])) _parameters[i].copy_(_masters[i]);
        }

        Steps = steps;
    }

    public void Dispose()
    {
        for (var i = 0; i < _parameters.Count; i++)
        {
            if (!ReferenceEquals(_masters[i], _parameters[i])) _masters[i].Dispose();
            _firstMoments[i].Dispose();
            _secondMoments[i].Dispose();
        }

        _steps.Dispose();
        Gradients.Dispose();
    }

    private void Update(double learningRate, double decay, int[] members) => Dispatcher.Run(
        "aten::_fused_adamw_", "",
        Of(_masters, members), Of(Gradients.Views, members), Of(_firstMoments, members), Of(_secondMoments, members), Argument.Of(Array.Empty<Tensor>()),
        Argument.Of(Array.ConvertAll(members, _ => _steps)),
        learningRate, _recipe.AdamBeta1, _recipe.AdamBeta2, decay, _recipe.AdamEpsilon, false, false, Argument.None, Argument.None);

    private static Argument Of(IReadOnlyList<Tensor> tensors, int[] members) => Argument.Of(Array.ConvertAll(members, i => tensors[i]));
}
