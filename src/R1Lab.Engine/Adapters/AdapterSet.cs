using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Adapters;

/// <summary>
/// One LoRA adapter for one decoder: the low-rank updates of its target modules. The decoder stays as it is; the adapter takes part in a
/// pass by standing in its <see cref="ForwardContext"/>, so many adapters share one base.
/// </summary>
public sealed class AdapterSet : IDisposable
{
    private readonly LoraLinear?[] _modules;
    private readonly OrderedDictionary<string, Tensor> _parameters = [];

    internal AdapterSet(PeftAdapterConfig peft, Decoder decoder, IEnumerable<(Projection At, LoraLinear Lora)> modules)
    {
        Peft = peft;
        _modules = new LoraLinear?[decoder.BlockCount * Projection.Kinds];
        foreach (var (at, lora) in modules)
        {
            _modules[at.Slot] = lora;
            var key = PeftAdapter.KeyPrefix + at.Path;
            _parameters[key + PeftAdapter.DownSuffix] = lora.A;
            _parameters[key + PeftAdapter.UpSuffix] = lora.B;
            if (lora.Magnitude is not null) _parameters[key + PeftAdapter.MagnitudeSuffix] = lora.Magnitude;
        }
    }

    /// <summary>The adapter's description as PEFT writes it.</summary>
    public PeftAdapterConfig Peft { get; }

    /// <summary>PEFT key (<c>base_model.model.….lora_A.weight</c>) -> tensor, requiring grad when trainable.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _parameters;

    public long MemoryBytes => _parameters.Values.Sum(t => t.numel() * t.element_size());

    /// <summary>A fresh adapter as PEFT starts one: A uniform as Kaiming (a = √5), B zero, DoRA's magnitude the length of the base rows. Float32, trainable.</summary>
    /// <param name="decoder">The base it is for.</param>
    /// <param name="settings">Settings without errors.</param>
    /// <param name="seed">Same seed, same A.</param>
    /// <exception cref="BadInputException">No module of the model is a target.</exception>
    public static AdapterSet Create(Decoder decoder, LoraSettings settings, long seed)
    {
        var peft = settings.ToPeft();
        var targets = decoder.Projections.Where(p => peft.Targets(p.Path)).ToList();
        if (targets.Count == 0) throw new BadInputException("lora", "target_modules", "lora_no_module", $"no module of the model is named {string.Join(", ", settings.TargetModules)}.");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return new AdapterSet(peft, decoder, targets.Select(at => (at, Fresh(at, peft, seed))));
    }

    /// <summary>Reads a PEFT adapter folder.</summary>
    /// <param name="decoder">The base it is for.</param>
    /// <param name="peftFolder">Folder with <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</param>
    /// <param name="dropout">Dropout of further training where it differs from the folder's.</param>
    /// <param name="trainable">True: float32 and requiring grad. False: the decoder's dtype, for generation.</param>
    /// <exception cref="BadInputException">Something in it is missing, does not fit the base, or is not supported.</exception>
    public static AdapterSet Load(Decoder decoder, string peftFolder, bool trainable = true, double? dropout = null) =>
        AdapterFolder.Load(decoder, peftFolder, trainable, dropout);

    /// <summary>Writes a PEFT adapter folder that PEFT itself loads.</summary>
    public void Save(string folder, string baseModelName) => PeftAdapter.Save(folder, Peft with { BaseModelNameOrPath = baseModelName, InferenceMode = true }, Parameters);

    /// <summary>Works the adapter into the base's weights (in float32 arithmetic). The adapter must not be used with that base afterwards.</summary>
    /// <exception cref="InvalidOperationException">The base is quantised: merge into the model as it was before.</exception>
    public void MergeInto(Decoder decoder)
    {
        foreach (var at in decoder.Projections.ToList())
        {
            if (Find(at.Slot) is { } lora) decoder.Replace(at, lora.Merge(at.Weight));
        }
    }

    internal LoraLinear? Find(int slot) => _modules[slot];

    public void Dispose()
    {
        foreach (var module in _modules) module?.Dispose();
    }

    private static LoraLinear Fresh(Projection at, PeftAdapterConfig peft, long seed)
    {
        var (outputs, inputs, device) = (at.Outputs, at.Inputs, at.Device);
        var rank = peft.RankOf(at.Path);
        // Kaiming uniform with a = sqrt(5) over fan-in: bound = sqrt(6 / (1 + 5) / in).
        var bound = 1 / Math.Sqrt(inputs);
        using var generator = new Generator(SeedMixing.Mix((ulong)seed, (ulong)at.Slot), CPU);
        var a = empty(rank, inputs, dtype: ScalarType.Float32).uniform_(-bound, bound, generator).to(device);
        var b = zeros(outputs, rank, dtype: ScalarType.Float32, device: device);
        var magnitude = peft.UseDora ? LoraLinear.RowNorm(at.Exact()) : null;
        return Trainable(a, b, magnitude, peft.ScaleOf(at.Path), peft.LoraDropout);
    }

    internal static LoraLinear Trainable(Tensor a, Tensor b, Tensor? magnitude, double scaling, double dropout)
    {
        foreach (var tensor in (Tensor?[])[a, b, magnitude])
        {
            if (tensor is not null) tensor.DetachFromDisposeScope().requires_grad = true;
        }

        return new LoraLinear(a, b, magnitude, scaling, dropout);
    }
}
