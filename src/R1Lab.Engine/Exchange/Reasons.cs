namespace R1Lab.Engine.Exchange;

/// <summary>Why a value was changed or left out; codes are keys for translation.</summary>
internal static class Reasons
{
    /// <summary>Every code there is.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        "exchange_unknown", "exchange_not_needed", "exchange_unsupported", "exchange_replaced", "exchange_per_epoch", "exchange_computed", "exchange_wrong_form",
        "exchange_split_assumed", "exchange_cross_attention", "exchange_default", "exchange_no_name", "exchange_written_as", "exchange_truncates", "target_mapped",
        "exchange_unread", "exchange_overridden", "exchange_option_default", "exchange_prompt_learned", "exchange_own_template", "exchange_second", "exchange_command_line", "exchange_whole_run",
    ];

    public static Problem Unknown(Setting setting) =>
        Warning("exchange_unknown", setting.Name, $"{setting.Name} is not known here and was left out.", setting.Name);

    public static Problem NotNeeded(Setting setting) =>
        Note("exchange_not_needed", setting.Name, $"{setting.Name} does not change what is learned; it was left out.", setting.Name);

    public static Problem Unsupported(Setting setting) => Unsupported(setting, setting.Text);

    public static Problem Unsupported(Setting setting, string value) =>
        Warning("exchange_unsupported", setting.Name, $"{setting.Name}: {value} cannot be done here and was left out.", setting.Name, value);

    public static Problem Replaced(Setting setting, string by) =>
        Warning("exchange_replaced", setting.Name, $"{setting.Name}: {setting.Text} was replaced by {by}.", setting.Name, setting.Text, by);

    public static Problem PerEpoch(Setting setting) =>
        Note("exchange_per_epoch", setting.Name, $"{setting.Name} depends on the number of rows; the lab's own spacing is taken.", setting.Name);

    public static Problem Computed(Setting setting) =>
        Warning("exchange_computed", setting.Name, $"{setting.Name} is computed in the text ({setting.Text}) and could not be read.", setting.Name, setting.Text);

    public static Problem WrongForm(Setting setting) =>
        Warning("exchange_wrong_form", setting.Name, $"{setting.Name} cannot be {setting.Text}; it was left out.", setting.Name, setting.Text);

    public static Problem SplitAssumed() =>
        Note("exchange_split_assumed", "val_size", "Evaluation is asked for, but not on which rows: a tenth of them is held out.");

    public static Problem CrossAttention() =>
        Note("exchange_cross_attention", "packing", "Packed rows see each other there; here they never do.");

    public static Problem Default(string tool, string name, string value) =>
        Note("exchange_default", name, $"{name} is not in the text; {tool} takes {value} then.", name, tool, value);

    public static Problem Unread(string name, string value) =>
        Warning("exchange_unread", name, $"{name} stands in the text, but could not be read; {value} stands here instead. Please check it.", name, value);

    public static Problem Overridden(string name, string value, int line) =>
        Warning("exchange_overridden", name, $"{name}: {value} is set again in line {line}; that one was taken.", name, value, line);

    public static Problem OptionDefault(Setting setting) =>
        Note("exchange_option_default", setting.Name, $"{setting.Name} may be given when the script is started ({setting.Option}); its default {setting.Text} was taken.", setting.Name, setting.Option!, setting.Text);

    public static Problem PromptLearned() =>
        Note("exchange_prompt_learned", "completion_only_loss", "TRL learns prompts too where rows are plain text or whole conversations; here only answers are learned.");

    public static Problem Second(Setting setting) =>
        Warning("exchange_second", setting.Name, $"{setting.Name} stands in the text more than once; one is imported, and that of line {setting.Line} was left out.", setting.Name, setting.Line);

    public static Problem CommandLine(string parser) =>
        Note("exchange_command_line", parser, $"{parser} reads settings when the script is started; here their defaults were taken.", parser);

    public static Problem WholeRun(string tool) =>
        Note("exchange_whole_run", "epoch_end", $"{tool} makes the steps of all epochs' rows together, or with packing only full steps of each epoch; the run takes as many.", tool);

    public static Problem OwnTemplate(Setting setting) =>
        Note("exchange_own_template", setting.Name, $"{setting.Name}: {setting.Text} was left out; the lab writes conversations as the model's own template says.", setting.Name, setting.Text);

    public static Problem NoName(string tool, string field, string value) =>
        Warning("exchange_no_name", field, $"{tool} has no setting for {field} ({value}).", field, tool, value);

    public static Problem WrittenAs(string field, string value, string written) =>
        Note("exchange_written_as", field, $"{field} is {value}; it was written as {written}.", field, value, written);

    public static Problem Truncates(string tool) =>
        Note("exchange_truncates", "overlong_rows", $"{tool} cuts rows that are longer than the limit; the lab never cuts an answer's end.", tool);

    public static Problem Mapped(string name, string parts) =>
        Note("target_mapped", "lora.target_modules", $"{name} is not a module of Llama or Qwen models; {parts} are trained instead.", name, parts);

    private static Problem Warning(string code, string field, string message, params object[] arguments) => new(code, field, ProblemSeverity.Warning, message, arguments);

    private static Problem Note(string code, string field, string message, params object[] arguments) => new(code, field, ProblemSeverity.Note, message, arguments);
}
