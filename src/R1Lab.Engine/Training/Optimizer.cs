using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// AdamW by libtorch's fused operator: one pass over memory a step, no temporaries. Master weights are float32, moments too or in 8-bit blocks
/// unpacked piece by piece; parameters of a narrower type get a rounded copy after each step.
/// </summary>
internal sealed class Optimizer : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly List<string> _names;
    private readonly List<Tensor> _parameters;
    private readonly List<Tensor> _masters;
    private readonly List<Moments> _moments;
    private readonly (double WeightDecay, double RateFactor, Tensor Steps, int[] Members)[] _groups;

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
        _moments = [.. _parameters.Select(p => new Moments(p, recipe.Optim == OptimizerType.Adamw8Bit))];
        Gradients = new GradientBuffer(_parameters);
        _groups = [.. Enumerable.Range(0, _names.Count)
            .GroupBy(i => (Decay: decays(_names[i]) ? recipe.WeightDecay : 0, Factor: RateFactor(_names[i], recipe), Device: _parameters[i].device.ToString()))
            .Select(group => (group.Key.Decay, group.Key.Factor, Counter(_parameters[group.First()].device), group.ToArray()))];
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

    /// <summary>Bytes of first and second moments.</summary>
    public long MomentBytes => _moments.Sum(moments => moments.MemoryBytes);

    /// <summary>Moves every parameter along its gradient.</summary>
    public void Step(double learningRate)
    {
        using var noGradient = no_grad();
        Steps++;
        foreach (var (decay, factor, steps, members) in _groups)
        {
            steps.fill_(Steps);
            var how = (Rate: learningRate * factor, Decay: decay, Steps: steps);
            int[] whole = [.. members.Where(i => !_moments[i].InBytes)];
            if (whole.Length > 0)
                Update(how, Of(_masters, whole), Of(Gradients.Views, whole), [.. whole.Select(i => _moments[i].First)], [.. whole.Select(i => _moments[i].Second)]);
            foreach (var i in members.Where(i => _moments[i].InBytes)) UpdateInPieces(how, i);
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
            foreach (var (part, tensor) in _moments[i].State()) yield return new($"{part}/{_names[i]}", tensor);
        }
    }

    /// <summary>Takes back what <see cref="State"/> gave.</summary>
    /// <param name="read">The tensor of a name as it was given; disposed here.</param>
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
            _moments[i].Dispose();
        }

        foreach (var group in _groups) group.Steps.Dispose();
        Gradients.Dispose();
    }

    // LoRA+ (arXiv 2402.12354) as PEFT groups it: B, and with it DoRA's magnitudes, learn faster than A.
    private static double RateFactor(string name, TrainingRecipe recipe)
    {
        var fast = name.EndsWith(PeftAdapter.UpSuffix, StringComparison.Ordinal) || name.EndsWith(PeftAdapter.MagnitudeSuffix, StringComparison.Ordinal);
        return fast ? recipe.Lora.LoraplusLrRatio ?? 1 : 1;
    }

    private static Tensor Counter(Device device) => zeros(1, dtype: ScalarType.Float32, device: device).reshape([]).DetachFromDisposeScope();

    private void UpdateInPieces((double Rate, double Decay, Tensor Steps) how, int i)
    {
        using var scope = NewDisposeScope();
        var (master, gradient) = (_masters[i].view(-1), Gradients.Views[i].view(-1));
        _moments[i].Update((start, first, second) =>
            Update(how, [master.narrow(0, start, first.numel())], [gradient.narrow(0, start, first.numel())], [first], [second]));
    }

    private void Update((double Rate, double Decay, Tensor Steps) how, Tensor[] masters, Tensor[] gradients, Tensor[] first, Tensor[] second) => Dispatcher.Run(
        "aten::_fused_adamw_", "",
        Argument.Of(masters), Argument.Of(gradients), Argument.Of(first), Argument.Of(second), Argument.Of(Array.Empty<Tensor>()),
        Argument.Of(Array.ConvertAll(masters, _ => how.Steps)),
        how.Rate, _recipe.AdamBeta1, _recipe.AdamBeta2, how.Decay, _recipe.AdamEpsilon, false, false, Argument.None, Argument.None);

    private static Tensor[] Of(IReadOnlyList<Tensor> tensors, int[] members) => Array.ConvertAll(members, i => tensors[i]);
}
