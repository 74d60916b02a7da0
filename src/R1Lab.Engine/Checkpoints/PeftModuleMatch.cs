using System.Text.RegularExpressions;

namespace R1Lab.Engine.Checkpoints;

/// <summary>Which modules an adapter changes, decided by PEFT's own rules (<c>check_target_module_exists</c>, <c>get_pattern_key</c>).</summary>
internal static class PeftModuleMatch
{
    // A path has 60 characters: an expression that needs longer was made to.
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(50);

    // The linear layers of the supported decoders; all-linear leaves the output head out.
    private static readonly string[] Linear = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    public static bool Targets(PeftAdapterConfig config, string module)
    {
        if (config.ExcludePattern is { } excluded ? IsWhole(excluded, module) : IsNamed(config.ExcludeModules, module)) return false;
        if (config.TargetPattern == PeftAdapterConfig.AllLinear ? !IsNamed(Linear, module) : config.TargetPattern is { } wanted ? !IsWhole(wanted, module) : !IsNamed(config.TargetModules, module)) return false;
        return config.TargetPattern is not null || config.LayersToTransform is not { } layers || LayerOf(config.LayersPattern, module) is { } layer && layers.Contains(layer);
    }

    /// <summary>The first pattern that matches the whole path or an ending of it after a dot.</summary>
    public static bool Find<T>(IReadOnlyDictionary<string, T> patterns, string module, out T value)
    {
        foreach (var (pattern, found) in patterns)
        {
            if (!IsMatch($@"\A(?:.*\.)?(?:{pattern})\z", module)) continue;
            value = found;
            return true;
        }

        value = default!;
        return false;
    }

    /// <exception cref="BadInputException">A pattern is no regular expression.</exception>
    public static void CheckPatterns(string source, PeftAdapterConfig config)
    {
        IEnumerable<(string Field, string? Pattern)> all =
        [
            ("target_modules", config.TargetPattern), ("exclude_modules", config.ExcludePattern),
            .. config.RankPattern.Keys.Select(k => ("rank_pattern", (string?)k)), .. config.AlphaPattern.Keys.Select(k => ("alpha_pattern", (string?)k)),
            .. config.LayersPattern.Select(k => ("layers_pattern", (string?)k)),
        ];
        foreach (var (field, pattern) in all)
        {
            try
            {
                if (pattern is not null) IsMatch(pattern, "model.layers.0.self_attn.q_proj");
            }
            catch (Exception e) when (e is ArgumentException or BadInputException)
            {
                throw new BadInputException(source, field, "pattern_unusable", $"\"{pattern}\" is not a usable regular expression: {e.Message}");
            }
        }
    }

    private static bool IsNamed(IReadOnlyList<string> names, string module)
    {
        foreach (var name in names)
        {
            if (module == name || module.EndsWith($".{name}", StringComparison.Ordinal)) return true;
        }

        return false;
    }

    private static bool IsWhole(string pattern, string module) => IsMatch($@"\A(?:{pattern})\z", module);

    private static int? LayerOf(IReadOnlyList<string> patterns, string module)
    {
        foreach (var pattern in patterns.DefaultIfEmpty(@"[^.]*"))
        {
            try
            {
                var match = Regex.Match(module, $@"\A.*\.{Net(pattern)}\.(?<layer>\d+)\.", RegexOptions.CultureInvariant, Limit);
                if (match.Success && int.TryParse(match.Groups["layer"].Value, out var layer)) return layer;
            }
            catch (RegexMatchTimeoutException)
            {
                throw new BadInputException(PeftAdapterConfig.FileName, "layers_pattern", "pattern_slow", $"\"{pattern}\" takes too long");
            }
        }

        return null;
    }

    private static bool IsMatch(string pattern, string module)
    {
        try
        {
            return Regex.IsMatch(module, Net(pattern), RegexOptions.CultureInvariant, Limit);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new BadInputException(PeftAdapterConfig.FileName, $"\"{pattern}\"", "expression_slow", $"this expression takes too long");
        }
    }

    // Python names groups (?P<name>...), .NET (?<name>...).
    private static string Net(string pattern) => pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);
}
