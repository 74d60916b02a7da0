using System.Globalization;
using System.Text;

namespace R1Lab.Tests.Shared;

/// <summary>Small texts of other tools' settings that stand for very much: values, text, nesting or work.</summary>
internal static class RecipeBombs
{
    private static readonly Dictionary<string, Func<string>> Makers = new(StringComparer.Ordinal)
    {
        ["names of lists of names"] = () => Names("[{0}]"),
        ["names of tuples of names"] = () => Names("({0},)"),
        ["names of dictionaries of names"] = () => Chain(8, 0, (name, before) =>
            $"{name} = {{{string.Join(", ", Enumerable.Range(0, 9).Select(key => $"'k{key}': {before}"))}}}"),
        ["names in keys of dictionaries"] = () => Chain(30, 0, (name, before) => $"{name} = {{{before}: [{before}, {before}]}}"),
        ["a long chain of names"] = () => Chain(30_000, 0, (name, before) => $"{name} = [{before}]"),
        ["a chain of long texts"] = () => $"a0 = '{new string('x', 100_000)}'\n" + Chain(12, 1, (name, before) => $"{name} = [{Nine(before)}]"),
        ["one long text named a thousand times"] = () => $"a0 = '{new string('x', 500_000)}'\nTrainingArguments({string.Join(", ", Enumerable.Range(0, 1000).Select(at => $"p{at}=a0"))})",
        ["one map unpacked a thousand times"] = () =>
            $"m = {{{string.Join(", ", Enumerable.Range(0, 5000).Select(at => $"'k{at}': 1"))}}}\nTrainingArguments({string.Join(", ", Enumerable.Repeat("**m", 1000))})",
        ["options that stand for names"] = () => Names("[{0}]") + "\nparser.add_argument('--x', default=1)\nTrainingArguments(report_to=[args.x, a8])",
        ["adjacent text literals"] = () => $"TrainingArguments(report_to={string.Concat(Enumerable.Repeat("'a' ", 200_000))})",
        ["adjacent long text literals"] = () => $"TrainingArguments(report_to={string.Concat(Enumerable.Repeat($"'{new string('a', 400)}' ", 2_500))})",
        ["deep brackets"] = () => $"TrainingArguments(report_to={new string('[', 200_000)}{new string(']', 200_000)})",
        ["deep parentheses"] = () => $"TrainingArguments(report_to={new string('(', 200_000)}{new string(')', 200_000)})",
        ["deep calls"] = () => $"{string.Concat(Enumerable.Repeat("TrainingArguments(x=", 30_000))}1{new string(')', 30_000)}",
        ["a long sum"] = () => $"TrainingArguments(report_to=1{string.Concat(Enumerable.Repeat("+1", 250_000))})",
        ["a long power"] = () => $"TrainingArguments(seed=9{string.Concat(Enumerable.Repeat("**9", 100_000))})",
        ["many minus signs"] = () => $"TrainingArguments(seed={new string('-', 500_000)}1)",
        ["one setting many times"] = () => $"TrainingArguments({string.Concat(Enumerable.Range(0, 60_000).Select(at => string.Create(CultureInfo.InvariantCulture, $"seed={at},")))})",
        ["many models of a wrong form"] = () => string.Concat(Enumerable.Repeat("from_pretrained(3)\n", 50_000)),
        ["many models"] = () => string.Concat(Enumerable.Repeat("from_pretrained('m')\n", 40_000)),
        ["slow expressions"] = () => string.Concat(Enumerable.Repeat("LoraConfig(target_modules='(a+)+(b+)+model(.*.*.*.*.*)*z')\n", 15_000)),
        ["comment marks"] = () => $"{new string('#', 900_000)}\nTrainingArguments(seed=1)",
        ["many add_argument calls"] = () => string.Concat(Enumerable.Repeat("add_argument('--x', a, b, c\n", 30_000)) + new string(')', 30_000) + "\nTrainingArguments(seed=1)",
        ["a notebook of many cells"] = () => $"{{\"cells\": [{string.Join(',', Enumerable.Repeat("{\"cell_type\":\"code\",\"source\":[\"a=[1]\\n\"]}", 20_000))}, {{\"cell_type\":\"code\",\"source\":\"TrainingArguments(seed=1)\"}}]}}",
        ["a notebook of a bomb"] = () => $"{{\"cells\": [{{\"cell_type\":\"code\",\"source\":{System.Text.Json.JsonSerializer.Serialize(Names("[{0}]"))}}}]}}",
        ["a deep notebook"] = () => $"{{\"cells\": {new string('[', 400_000)}",
        ["YAML aliases"] = () => "a: &a [1,1,1,1,1,1,1,1,1]\n" + Chain(9, 1, (name, before) => $"{name}: &{name} [{Nine("*" + before)}]", "a"),
        ["YAML merge keys"] = () => "stage: sft\na: &a {x: 1}\n" + Chain(9, 1, (name, before) => $"{name}: &{name}\n  <<: [{Nine("*" + before)}]", "a"),
        ["YAML deep lists"] = () => $"stage: sft\nx: {new string('[', 400_000)}",
        ["YAML deep maps"] = () => "stage: sft\n" + string.Concat(Enumerable.Range(0, 1200).Select(depth => $"{new string(' ', depth)}a:\n")),
        ["YAML dashes"] = () => $"stage: sft\nx:\n  {string.Concat(Enumerable.Repeat("- ", 400_000))}1",
        ["YAML question marks"] = () => $"stage: sft\n{string.Concat(Enumerable.Repeat("? ", 400_000))}1",
        ["YAML many settings"] = () => "stage: sft\n" + string.Concat(Enumerable.Range(0, 80_000).Select(at => string.Create(CultureInfo.InvariantCulture, $"k{at}: 1\n"))),
        ["YAML many items"] = () => $"stage: sft\nx: [{string.Concat(Enumerable.Repeat("1,", 450_000))}1]",
        ["YAML a long number"] = () => $"stage: sft\nseed: {new string('1', 900_000)}",
        ["YAML a long word"] = () => $"stage: sft\nseed: {string.Concat(Enumerable.Repeat("a b\n  ", 150_000))}",
        ["YAML blank lines in a text"] = () => $"stage: sft\nx: \"{new string('\n', 900_000)}\"",
        ["YAML a folded text"] = () => $"stage: sft\nx: >\n{string.Concat(Enumerable.Repeat("  a\n\n", 150_000))}",
        ["YAML many documents"] = () => string.Concat(Enumerable.Repeat("---\na: 1\n", 100_000)),
        ["TRL settings of many items"] = () => $"model_name_or_path: m\nuse_peft: true\nlora_target_modules: [{string.Concat(Enumerable.Repeat("q_proj,", 120_000))}q_proj]",
        ["Axolotl datasets"] = () => "base_model: m\nmicro_batch_size: 1\ndatasets:\n" + string.Concat(Enumerable.Repeat("  - path: d\n    type: alpaca\n", 30_000)),
    };

    public static TheoryData<string> Names() => [.. Makers.Keys];

    public static string Text(string name) => Makers[name]();

    private static string Nine(string value) => string.Join(", ", Enumerable.Repeat(value, 9));

    private static string Names(string form) =>
        "a0 = [1]\n" + Chain(8, 1, (name, before) => $"{name} = {string.Format(CultureInfo.InvariantCulture, form, Nine(before))}") + "TrainingArguments(report_to=a8)";

    private static string Chain(int length, int from, Func<string, string, string> link, string? first = null)
    {
        var text = new StringBuilder(from == 0 ? "a0 = [1]\n" : "");
        for (var at = Math.Max(1, from); at <= length; at++) text.Append(link($"a{at}", at == 1 && first is not null ? first : $"a{at - 1}")).Append('\n');
        return from == 0 ? text.Append(CultureInfo.InvariantCulture, $"TrainingArguments(report_to=a{length})").ToString() : text.ToString();
    }
}
