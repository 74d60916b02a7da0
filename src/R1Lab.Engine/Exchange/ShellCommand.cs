using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>
/// The command line that starts a training, as it stands in a shell script: <c>llamafactory-cli train --stage sft …</c>. Nothing is run; only names that
/// the script itself gives values to are looked up.
/// </summary>
/// <param name="Tool">Whose command it is.</param>
/// <param name="Action">The tool's subcommand or the script's name, for example <c>sft</c>.</param>
internal sealed partial record ShellCommand(ShellTool Tool, string Action, int Line, IReadOnlyList<Setting> Settings)
{
    /// <summary>The first such command of a text; null where there is none.</summary>
    /// <exception cref="BadInputException">Its settings are in a file that it names, or the text is more than the budget allows.</exception>
    public static ShellCommand? Find(string text, ImportBudget budget)
    {
        if (!Launcher().IsMatch(text)) return null;
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (words, line) in new ShellWords(text, variables, budget).Commands())
        {
            if (Of(words, line, budget) is { } command) return command;
        }

        return null;
    }

    private static ShellCommand? Of(IReadOnlyList<ShellWord> words, int line, ImportBudget budget)
    {
        for (var at = 0; at < words.Count; at++)
        {
            if (ToolAt(words, at) is not { } found) continue;
            var first = at + found.Words;
            var named = found.Tool is ShellTool.LlamaFactory or ShellTool.Axolotl;
            if (named && first < words.Count && !IsName(words[first])) throw InFile(words[first].Text, words[first].Line);
            var settings = Arguments(words, first, budget);
            if (found.Tool == ShellTool.Trl && settings.Find(setting => setting.Name == "config") is { } file) throw InFile(file.Text, file.Line);
            return new(found.Tool, found.Action, line, settings);
        }

        return null;
    }

    private static BadInputException InFile(string name, int line) => new("recipe", $"line {line}", $"the settings are in the file {name}; choose that file instead");

    private static (ShellTool Tool, string Action, int Words)? ToolAt(IReadOnlyList<ShellWord> words, int at)
    {
        var (name, next) = (words[at].Text[(words[at].Text.LastIndexOf('/') + 1)..], at + 1 < words.Count ? words[at + 1].Text : "");
        if (name is "llamafactory-cli" or "lmf" && next is "train") return (ShellTool.LlamaFactory, next, 2);
        if (name is "swift" or "megatron" && next is "sft" or "pt" or "rlhf") return (ShellTool.Swift, next, 2);
        if (name is "axolotl" && next is "train" || name is "axolotl.cli.train") return (ShellTool.Axolotl, "train", name == "axolotl" ? 2 : 1);
        if (name is "tune" && next is "run") return (ShellTool.Torchtune, next, 2);
        if (name is "trl" && TrainerClasses.ObjectiveOfCommand(next) is not null) return (ShellTool.Trl, next, 2);
        if (name is "train_bash.py" || name is "train.py" && words.Skip(at).Any(word => word.Text is "--stage" or "--finetuning_type" || word.Text.EndsWith(".yaml", StringComparison.Ordinal))) return (ShellTool.LlamaFactory, "train", 1);
        return name.EndsWith(".py", StringComparison.Ordinal) && TrainerClasses.ObjectiveOfCommand(name[..^3]) is not null && words.Skip(at).Any(word => word.Text is "--model_name_or_path") ? (ShellTool.Trl, name[..^3], 1) : null;
    }

    private static bool IsName(ShellWord word) => !word.Quoted && word.Text.StartsWith("--", StringComparison.Ordinal) && word.Text.Length > 2;

    // --name value, --name=value, --name a b c, and --name alone for a switch.
    private static List<Setting> Arguments(IReadOnlyList<ShellWord> words, int at, ImportBudget budget)
    {
        var settings = new List<Setting>();
        while (at < words.Count)
        {
            var word = words[at++];
            if (!IsName(word)) continue;
            var (name, line) = (word.Text[2..], word.Line);
            var values = new List<ShellWord>();
            if (name.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                values.Add(word with { Text = name[(equals + 1)..] });
                name = name[..equals];
            }

            while (at < words.Count && !IsName(words[at])) values.Add(words[at++]);
            budget.Nodes(1 + values.Count);
            settings.Add(new Setting(name.Replace('-', '_'), ValueOf(values), line) { Computed = values.Find(value => value.Unknown)?.Text });
        }

        return settings;
    }

    private static JsonNode? ValueOf(List<ShellWord> values) => values.Count switch
    {
        0 => JsonValue.Create(true),
        1 => YamlSettings.ScalarOf(values[0].Text),
        _ => new JsonArray([.. values.Select(value => YamlSettings.ScalarOf(value.Text))]),
    };

    [GeneratedRegex(@"(^|[\s/])(llamafactory-cli|lmf|swift|megatron|axolotl|tune|trl)\s+[a-z]|\.py\s|axolotl\.cli", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Launcher();
}

internal enum ShellTool { LlamaFactory, Trl, Axolotl, Swift, Torchtune }
