using System.Text.RegularExpressions;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;

namespace R1Lab.Engine.Adapters;

/// <summary>What a LoRA adapter adds and where, in PEFT's terms.</summary>
public sealed record LoraSettings
{
    /// <summary>The seven linear maps of a block, by their Hugging Face names.</summary>
    public static IReadOnlyList<string> AllProjections { get; } = [.. Enum.GetValues<ProjectionKind>().Select(Projection.NameOf)];

    /// <summary>Rank of the update.</summary>
    public int R { get; init; } = 16;

    /// <summary>The update is scaled by alpha / r (alpha / sqrt(r) with <see cref="UseRslora"/>).</summary>
    public double LoraAlpha { get; init; } = 32;

    /// <summary>Dropout on the adapter's input while training.</summary>
    public double LoraDropout { get; init; }

    /// <summary>Module names or ends of module paths.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = AllProjections;

    public bool UseRslora { get; init; }

    /// <summary>Weight-decomposed adapter (arXiv 2402.09353): direction and magnitude apart.</summary>
    public bool UseDora { get; init; }

    /// <summary>Above the hidden size of every published decoder a rank saves nothing.</summary>
    public const int LargestRank = 65_536;

    /// <summary>Other ranks for modules whose path ends with the key (a regular expression, as in PEFT); the first match counts.</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Other alphas, matched like <see cref="RankPattern"/>.</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; init; } = new Dictionary<string, double>();

    /// <summary>The B matrices learn at this many times the learning rate (LoRA+, arXiv 2402.12354), DoRA's magnitudes too, as in PEFT; null: at the same rate.</summary>
    public double? LoraplusLrRatio { get; init; }

    /// <summary>Adapter folder to start from instead of fresh weights.</summary>
    public string? InitFrom { get; init; }

    /// <summary>What is wrong with these settings, in the user's words.</summary>
    public IEnumerable<Problem> Problems()
    {
        foreach (var (field, rank) in RankPattern.Values.Select(rank => ("lora.rank_pattern", rank)).Prepend(("lora.r", R)).Where(one => one.Item2 > LargestRank).Take(1))
        {
            yield return Wrong("lora_rank_too_large", field, $"A LoRA rank may be at most {LargestRank}, not {rank}.", LargestRank, rank);
        }

        if (R < 1) yield return Wrong("lora_rank_too_small", "lora.r", $"The LoRA rank must be 1 or more, not {R}.", R);
        if (!(LoraAlpha > 0) || !double.IsFinite(LoraAlpha)) yield return Wrong("lora_alpha_not_positive", "lora.lora_alpha", $"LoRA alpha must be above 0, not {LoraAlpha}.", LoraAlpha);
        if (!(LoraDropout >= 0 && LoraDropout < 1)) yield return Wrong("lora_dropout_out_of_range", "lora.lora_dropout", $"LoRA dropout must be at least 0 and below 1, not {LoraDropout}.", LoraDropout);
        if (LoraplusLrRatio is { } ratio && !(ratio > 0 && double.IsFinite(ratio)))
            yield return Wrong("loraplus_ratio_not_positive", "lora.loraplus_lr_ratio", $"The LoRA+ ratio must be above 0, not {ratio}.", ratio);
        if (TargetModules.Count == 0) yield return Wrong("lora_no_targets", "lora.target_modules", "Choose at least one module for LoRA.");
        foreach (var target in TargetModules.Where(t => !Enumerable.Any(AllProjections, t.EndsWith)))
        {
            yield return Wrong("lora_unknown_target", "lora.target_modules", $"'{target}' is not a module LoRA can be put on ({string.Join(", ", AllProjections)} are).", target);
        }

        foreach (var (key, rank) in RankPattern)
        {
            if (rank < 1) yield return Wrong("lora_rank_pattern_not_positive", "lora.rank_pattern", $"The rank for '{key}' must be 1 or more, not {rank}.", key, rank);
            if (!IsPattern(key)) yield return Wrong("lora_bad_pattern", "lora.rank_pattern", $"'{key}' is not a valid pattern.", key);
        }

        foreach (var (key, alpha) in AlphaPattern)
        {
            if (!(alpha > 0) || !double.IsFinite(alpha)) yield return Wrong("lora_alpha_pattern_not_positive", "lora.alpha_pattern", $"Alpha for '{key}' must be above 0, not {alpha}.", key, alpha);
            if (!IsPattern(key)) yield return Wrong("lora_bad_pattern", "lora.alpha_pattern", $"'{key}' is not a valid pattern.", key);
        }
    }

    /// <summary>
    /// What these settings ask for that an existing adapter is not, in words. A setting at its default says nothing: the adapter's own value holds.
    /// </summary>
    /// <param name="existing">The adapter's description.</param>
    /// <param name="modules">Paths of the modules that could carry an update.</param>
    internal IEnumerable<string> ContradictionsTo(PeftAdapterConfig existing, IReadOnlyList<string> modules)
    {
        var (asked, unsaid) = (ToPeft(), new LoraSettings());
        if (R != unsaid.R && R != existing.R) yield return $"lora.r is {R}, the adapter's is {existing.R}";
        if (LoraAlpha != unsaid.LoraAlpha && LoraAlpha != existing.LoraAlpha) yield return $"lora.lora_alpha is {LoraAlpha}, the adapter's is {existing.LoraAlpha}";
        if (UseRslora && !existing.UseRslora) yield return "lora.use_rslora is on, and the adapter is scaled by alpha / r";
        if (UseDora && !existing.UseDora) yield return "use_dora (or the method dora) asks for magnitudes, and the adapter has none";
        if (TargetModules.ToHashSet().SetEquals(unsaid.TargetModules)) yield break;
        foreach (var kind in AllProjections)
        {
            var paths = modules.Where(path => path.EndsWith(kind, StringComparison.Ordinal)).ToList();
            var (wanted, there) = (paths.Any(asked.Targets), paths.Any(existing.Targets));
            if (wanted && !there) yield return $"lora.target_modules names {kind}, which the adapter does not have";
            if (there && !wanted) yield return $"the adapter has {kind}, which lora.target_modules does not name";
        }
    }

    /// <summary>The same adapter as PEFT describes it.</summary>
    public PeftAdapterConfig ToPeft() => new()
    {
        R = R,
        LoraAlpha = LoraAlpha,
        LoraDropout = LoraDropout,
        TargetModules = TargetModules,
        UseRslora = UseRslora,
        UseDora = UseDora,
        RankPattern = RankPattern,
        AlphaPattern = AlphaPattern,
    };

    private static bool IsPattern(string key)
    {
        try
        {
            _ = Regex.IsMatch("", key, RegexOptions.None, TimeSpan.FromMilliseconds(250));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static Problem Wrong(string code, string field, string message, params object[] arguments) => new(code, field, ProblemSeverity.Error, message, arguments);
}
