using System.Text.Json.Nodes;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Engine.Exchange;

/// <summary>Recipes from and to the settings of other tools, with every value named that was changed or could not be carried.</summary>
public static class RecipeExchange
{
    /// <summary>Longest text that is looked at; settings take a few kilobytes.</summary>
    public const int LongestText = 1 << 20;

    /// <summary>Every reason's code a <see cref="CarriedValue"/> may have, beside the notes of <see cref="TrainingRecipe.Problems(RunLength?, long?)"/>.</summary>
    public static IReadOnlyList<string> ReasonCodes => Reasons.Codes;

    /// <summary>Reads LLaMA-Factory YAML or its command line, Axolotl YAML, a Python script or notebook of TRL, PEFT and transformers, or the YAML of TRL's own commands; which one is found out. Nothing is run.</summary>
    /// <exception cref="BadInputException">The text is of none of these forms, is broken (the line is named), or stands for more than settings hold.</exception>
    public static ImportedRecipe Import(string text) => ImportWhile(text, CancellationToken.None);

    /// <inheritdoc cref="Import(string)"/>
    /// <param name="cancellationToken">Ends the reading, for example when the client that sent the text has left.</param>
    public static ImportedRecipe ImportWhile(string text, CancellationToken cancellationToken) => Import(text, new ImportBudget(TimeProvider.System, cancellationToken));

    /// <inheritdoc cref="Import(string)"/>
    /// <param name="schema">The settings there are.</param>
    public static ImportedRecipe Import(string text, RecipeSchema schema) => Import(text, new ImportBudget(TimeProvider.System, CancellationToken.None), new ToolSchemas(schema));

    internal static ImportedRecipe Import(string text, ImportBudget budget, ToolSchemas? tools = null)
    {
        tools ??= ToolSchemas.Default;
        IRecipeFormat[] formats = FormatsOf(tools);
        if (text.Length > LongestText) throw new BadInputException("recipe", null, "recipe_too_long", $"the text has {text.Length} characters; settings have {LongestText} at most");
        text = Notebook.CodeOf(text, budget);
        if (TrlFormat.IsPython(text)) return formats[^1].Read(PythonSettings.Read(text, budget, tools), budget);
        if (TrlFormat.IsOtherPython(text)) throw new BadInputException("recipe", null, "recipe_no_call", $"this is Python, but has no call of TrainingArguments, SFTConfig, LoraConfig or from_pretrained to read settings from");
        if (ShellCommand.Find(text, budget) is { } command) return Read(command, budget, tools);
        var settings = YamlSettings.Read(text, budget);
        if (TrlConfigFile.Is(settings)) return TrlConfigFile.Read(settings, budget, tools);
        if (settings.Any(setting => setting.Name is "model_class" or "train_dataset") && settings.Any(setting => setting.Name is "model") && settings.All(setting => setting.Name is not ("base_model" or "model_name_or_path")))
            throw new BadInputException("recipe", null, "recipe_next_llamafactory", $"this is the form of LLaMA-Factory's own next version (model, train_dataset, peft_config), which is not read here yet; its usual form has model_name_or_path, dataset and finetuning_type");
        OtherTools.Refuse(settings);
        var format = formats.Take(2).MaxBy(one => one.Score(settings))!;
        if (format.Score(settings) == 0)
            throw new BadInputException("recipe", null, "recipe_unknown", $"this is neither LLaMA-Factory YAML nor Axolotl YAML nor Python with TrainingArguments, SFTConfig or LoraConfig: no setting of theirs was found");
        return format.Read(settings, budget);
    }

    private static IRecipeFormat[] FormatsOf(ToolSchemas tools) => [new LlamaFactoryFormat(tools), new AxolotlFormat(tools), new TrlFormat(tools)];

    private static ImportedRecipe Read(ShellCommand command, ImportBudget budget, ToolSchemas tools) => command.Tool switch
    {
        ShellTool.LlamaFactory => new LlamaFactoryFormat(tools).Read(command.Settings, budget),
        ShellTool.Trl when command.Action == "sft" => TrlConfigFile.Read(command.Settings, budget, tools),
        ShellTool.Trl => throw TrainerClasses.Refused(TrainerClasses.ObjectiveOfCommand(command.Action)!, command.Action, command.Line),
        ShellTool.Swift => throw OtherTools.Refused("ms-swift", new Setting($"swift {command.Action}", null, command.Line)),
        ShellTool.Torchtune => throw OtherTools.Refused("torchtune", new Setting("tune run", null, command.Line)),
        _ => throw new BadInputException("recipe", $"line {command.Line}", "recipe_command", $"the command names no settings; they are in the YAML file that Axolotl is given"),
    };

    /// <summary>Writes a recipe as another tool's text.</summary>
    public static ExportedRecipe Export(TrainingRecipe recipe, RecipeFormat format) => Export(recipe, format, RecipeSchema.Default);

    /// <inheritdoc cref="Export(TrainingRecipe, RecipeFormat)"/>
    /// <param name="schema">The settings there are.</param>
    public static ExportedRecipe Export(TrainingRecipe recipe, RecipeFormat format, RecipeSchema schema)
    {
        var writer = FormatsOf(new ToolSchemas(schema)).Single(one => one.Format == format);
        var text = writer.Write(recipe);
        return new ExportedRecipe(text, [.. Lost(recipe, writer, text, schema)]);
    }

    /// <summary>What reading the text again does not give back.</summary>
    private static IEnumerable<CarriedValue> Lost(TrainingRecipe recipe, IRecipeFormat format, string text, RecipeSchema schema)
    {
        var written = Import(text, schema).Recipe;
        foreach (var setting in schema.WrittenFields)
        {
            var (field, value, read) = (setting.Name, setting.ReadJson(recipe), setting.ReadJson(written));
            if (JsonNode.DeepEquals(value, read)) continue;
            var (was, now) = (Setting.TextOf(value), Setting.TextOf(read));
            yield return format.Names.TryGetValue(field, out var name)
                ? new CarriedValue(Carriage.Changed, name, now, field, null, Reasons.WrittenAs(field, was, now))
                : new CarriedValue(Carriage.NotCarried, field, was, field, null, Reasons.NoName(format.Tool, field, was));
        }

        if (format.Format != RecipeFormat.Axolotl)
            yield return new CarriedValue(Carriage.NotCarried, "overlong_rows", SnakeCase.Of(recipe.OverlongRows), "overlong_rows", null, Reasons.Truncates(format.Tool));
    }
}
