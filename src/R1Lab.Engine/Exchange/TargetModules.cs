using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>The modules an adapter is put on, by the names of other families too.</summary>
internal static class TargetModules
{
    /// <summary>Takes the names that can be trained, fused ones as their parts, and names the others.</summary>
    public static void Read(RecipeDraft draft, Setting setting)
    {
        var pattern = Pattern(setting.Value);
        var names = pattern is null ? Names(setting.Value) : MatchedBy(pattern, draft.Budget);
        if (names.Count == 0)
        {
            draft.Miss(setting, "lora.target_modules", pattern is null ? Reasons.WrongForm(setting) : Reasons.Unsupported(setting));
            return;
        }

        if (pattern is not null)
        {
            draft.Change(setting, "lora.target_modules", new JsonArray([.. names.Select(name => JsonValue.Create(name))]), Reasons.Replaced(setting, string.Join(", ", names)));
            return;
        }

        var asked = new TrainingRecipe { Lora = new LoraSettings { TargetModules = names } };
        var mapped = asked.Effective().Lora.TargetModules;
        var known = mapped.Where(name => LoraSettings.AllProjections.Any(name.EndsWith)).ToList();
        var unknown = mapped.Except(known).ToList();
        if (known.Count == 0)
        {
            draft.Miss(setting, "lora.target_modules", Reasons.Unsupported(setting));
            return;
        }

        var list = new JsonArray([.. known.Select(name => JsonValue.Create(name))]);
        if (unknown.Count > 0) draft.Change(setting, "lora.target_modules", list, Reasons.Unsupported(setting, string.Join(", ", unknown)));
        else if (names.Any(name => name is "all" or "all-linear") || mapped.SequenceEqual(names)) draft.Carry(setting, "lora.target_modules", list);
        else draft.Change(setting, "lora.target_modules", list, Reasons.Mapped(string.Join(", ", names.Except(mapped)), string.Join(", ", mapped)));
    }

    /// <summary>Whether these are all seven, in order.</summary>
    public static bool AreAll(TrainingRecipe recipe) => recipe.Lora.TargetModules.SequenceEqual(LoraSettings.AllProjections);

    // PEFT takes a text for an expression over whole paths; plain names and lists of them are not meant so.
    private static string? Pattern(JsonNode? value) =>
        value is JsonValue text && text.GetValueKind() == JsonValueKind.String && text.GetValue<string>() is var written && written.IndexOfAny(['*', '(', '[', '\\', '|', '+', '?', '^', '$']) >= 0 ? written : null;

    /// <summary>The projections an expression chooses; none where it chooses other ones from layer to layer, or cannot be read.</summary>
    private static List<string> MatchedBy(string pattern, ImportBudget budget)
    {
        if (pattern.Length > LongestPattern) return [];
        try
        {
            var (whole, start) = (new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(50)), Stopwatch.GetTimestamp());
            bool Matches(string path)
            {
                budget.Check();
                return Stopwatch.GetElapsedTime(start) < Longest ? whole.IsMatch(path) : throw new RegexMatchTimeoutException();
            }

            var chosen = Roots.Select(root => Layers.Select(layer => Projections(layer).Where(path => Matches(root + path)).Select(path => path[(path.LastIndexOf('.') + 1)..]).ToList()).ToList())
                .FirstOrDefault(layers => layers.Any(names => names.Count > 0));
            return chosen is not null && chosen.All(names => names.SequenceEqual(chosen[0])) ? chosen[0] : [];
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            return [];
        }
    }

    // An expression may be made to take for ever.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(200);

    private const int LongestPattern = 2000;

    // With and without a part for images in front.
    private static readonly string[] Roots = ["model.", "model.language_model.", "language_model.model.", "model.text_model.", "base_model.model.model."];

    private static readonly int[] Layers = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 27, 31];

    private static IEnumerable<string> Projections(int layer) =>
        LoraSettings.AllProjections.Select(name => string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.{(name is "gate_proj" or "up_proj" or "down_proj" ? "mlp" : "self_attn")}.{name}"));

    private static List<string> Names(JsonNode? value) => value switch
    {
        JsonArray list => [.. list.Where(item => item?.GetValueKind() == JsonValueKind.String).Select(item => item!.GetValue<string>())],
        JsonValue text when text.GetValueKind() == JsonValueKind.String => [.. text.GetValue<string>().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
        _ => [],
    };
}
