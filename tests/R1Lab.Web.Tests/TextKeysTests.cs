using System.Text.RegularExpressions;
using System.Xml.Linq;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Charts;
using R1Lab.Web.Components.Layout;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests;

/// <summary>
/// Every text that code or pages ask for exists, and every text that exists is asked for. A key that is put together at run time is followed through
/// <see cref="Families"/>; one that is a variable needs an entry in <see cref="Variables"/>.
/// </summary>
public sealed partial class TextKeysTests
{
    private static readonly string Sources = Path.Combine(ReferenceFiles.Repository, "src");

    private static readonly Dictionary<string, HashSet<string>> Texts = Files("*.resx")
        .Where(file => !file.EndsWith(".zh-CN.resx", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), file => XDocument.Load(file).Root!.Elements("data").Select(data => data.Attribute("name")!.Value).ToHashSet());

    private static readonly List<SourceFile> Code = [.. Files("*.razor").Concat(Files("*.cs")).Select(file => new SourceFile(file, File.ReadAllText(file)))];

    private static readonly ILookup<string, (string Variable, string Type)> Localizers = Code
        .SelectMany(file => Declaration().Matches(file.Text).Select(match => (file.Component, Localizer: (match.Groups["variable"].Value, match.Groups["type"].Value))))
        .ToLookup(found => found.Component, found => found.Localizer);

    /// <summary>Keys with a part that is known only at run time, and every value of that part.</summary>
    private static readonly Dictionary<string, IEnumerable<string>> Families = new()
    {
        ["RunRowList Verdict_{}"] = Enum.GetNames<RowVerdict>(),
        ["RunRowList Definition_{}"] = Enum.GetNames<RowVerdict>(),
        ["RunRowList Sort_{}"] = Enum.GetNames<LedgerOrder>(),
        ["RowTokens Omitted{}"] = Enum.GetNames<RowOmission>().Except([nameof(RowOmission.None)]),
        ["DevicePage Use_{}"] = Enum.GetNames<DeviceUse>(),
        ["CarriedValues Kind_{}"] = Enum.GetNames<Carriage>(),
        ["RowSamples Kind_{}"] = Enum.GetNames<RowSampleKind>(),
        ["DataCheck Rows_{}"] = [.. SnakeCase.Names<RowOmission>().Except(["none"]), "split"],
        ["ImportSettingsDialog Format_{}"] = SnakeCase.Names<RecipeFormat>(),
        ["ExportSettingsDialog Format_{}"] = SnakeCase.Names<RecipeFormat>(),
        ["ExportSettingsDialog Format_{}_hint"] = SnakeCase.Names<RecipeFormat>(),
        ["NewRunPage Method_{}"] = SnakeCase.Names<TrainingMethod>(),
        ["NewRunPage Method_{}_hint"] = SnakeCase.Names<TrainingMethod>(),
        ["NewRunPage Preset_{}"] = TrainingRecipe.PresetNames,
        ["NewRunPage Preset_{}_hint"] = TrainingRecipe.PresetNames,
        ["NewRunPage Thinking_{}"] = SnakeCase.Names<ThinkingPolicy>(),
        ["NewRunPage Thinking_{}_hint"] = SnakeCase.Names<ThinkingPolicy>(),
        ["NewRunPage Group_{}"] = [.. RecipeForm.Default.Groups.Select(group => group.Key), "probes"],
        ["RecipeFieldInput Label_{}"] = RecipeForm.Default.All.Select(field => field.Name),
        ["RunCharts Metric_{}"] = MetricDefinitions.All.Select(definition => definition.Key),
        ["CompareRunsPage Of_{}"] = Enum.GetNames<MetricFigure>(),
        ["DatasetPage Undone{}"] = Enum.GetNames<DatasetEditKind>(),
        ["DatasetPage Undo{}"] = Enum.GetNames<DatasetEditKind>(),
        ["RunsPage Column_{}"] = ["choose", "name", "status", "progress", "loss", "best", "model", "owner", "created"],
    };

    /// <summary>Keys that are a variable's value, and every value it has.</summary>
    private static readonly Dictionary<string, IEnumerable<string>> Variables = new()
    {
        ["Overview"] = ((string[])["Dataset", "Model", "Run", "Rating"]).SelectMany(step => (string[])[step, step + "Count", step + "Text", step + "Action"]),
        ["ImportDialog"] = Enum.GetValues<DatasetFormat>().Select(format => format.Name()).Concat(["FileUnreadable", "NetworkLost", "SignedOut", "TooLarge", "TooBusy", "DiskFull", "ServerFailed", "Refused"]),
        ["DatasetPage"] = DatasetFormats(),
        ["DatasetsPage"] = DatasetFormats(),
        ["RowTokens"] = Enum.GetNames<ThinkingPolicy>(),
        ["ModelsPage"] = Enum.GetNames<LoadState>(),
        ["ReplyView"] = [nameof(ReplyState.Cut), nameof(ReplyState.Stopped)],
        ["RunCharts"] = RunChart.All.Concat(ComparedRun.Charts).Select(chart => chart.TitleKey),
        ["RunStatusChip"] = Enum.GetNames<RunStatus>(),
        ["Users"] = LabRoles.All.SelectMany(role => (string[])[role, role + "Text"]),
        ["Keys"] = ((string[])["all", "write", "read", "rate", "generate"]).Select(scope => $"Scope{scope}").Concat(["Overlap0", "Overlap1", "Overlap7"]),
        ["NavigationPanel"] = NavigationMenu.Entries.SelectMany(entry => new[] { entry.Text, entry.Group }).OfType<string>(),
        ["MudTexts"] = [], // MudBlazor's own keys: MudTextsTests
        ["FailureTexts"] = FaultCodes(),
        ["ProblemTexts"] = [], // codes of problems: checked below
    };

    /// <summary>Pages whose texts are codes of problems that services find.</summary>
    private static readonly string[] Planned = ["NewStudyPage"];

    public static TheoryData<string> Types => [.. Texts.Keys.Order()];

    [Theory, MemberData(nameof(Types))]
    public void Keys_ThatAreAskedFor_Exist(string type)
    {
        var asked = Asked(type).Where(key => !key.Contains("{}", StringComparison.Ordinal))
            .Concat(Families.Where(family => family.Key.Split(' ')[0] == type).SelectMany(family => family.Value.Select(value => family.Key.Split(' ')[1].Replace("{}", value, StringComparison.Ordinal))))
            .Concat(Variables.GetValueOrDefault(type, []));

        Assert.Empty(asked.Distinct().Except(Texts[type]).Order());
        Assert.All(Asked(type).Where(key => key.Contains("{}", StringComparison.Ordinal)), family => Assert.Contains(Texts[type], key => Matches(family, key)));
    }

    [Theory, MemberData(nameof(Types))]
    public void Keys_ThatExist_AreAskedFor(string type)
    {
        if (type is "MudTexts" or "ProblemTexts") return; // see MudTextsTests, and below

        var families = Asked(type).Where(key => key.Contains("{}", StringComparison.Ordinal)).ToList();
        var spelled = Code.Where(file => Localizers[file.Component].Any(localizer => localizer.Type == type) || file.Component.EndsWith($"/{type}", StringComparison.Ordinal))
            .Concat(Code.Where(file => Planned.Contains(type) && file.Path.Contains("/Studies/", StringComparison.Ordinal)))
            .SelectMany(file => Word().Matches(file.Text).Select(match => match.Groups["word"].Value)).Concat(Variables.GetValueOrDefault(type, [])).ToHashSet();

        var unused = Texts[type].Where(key => !spelled.Contains(key) && !families.Exists(family => Matches(family, key)) && !spelled.Any(part => key.EndsWith(part, StringComparison.Ordinal) && spelled.Contains(key[..^part.Length])));

        Assert.Empty(unused.Order());
    }

    [Fact]
    public void Problems_HaveATextForEveryCode_AndNoOther()
    {
        var codes = Code.SelectMany(file => file.Text.Split('\n')).SelectMany(line => Word().Matches(line).Select(match => match.Groups["word"].Value)).ToHashSet();
        string[] dynamic = [.. SnakeCase.Names<RowOmission>().Except(["none", "other"]).Select(reason => $"rows_omitted_{reason}")];

        Assert.Empty(Texts["ProblemTexts"].Except(codes).Except(dynamic).Order());
        Assert.Empty(ProblemCodes().Concat(dynamic).Distinct().Except(Texts["ProblemTexts"]).Except(Texts["NewStudyPage"]).Order());
    }

    /// <summary>Codes of problems about a recipe, its data and its device: those that a page can show.</summary>
    private static IEnumerable<string> ProblemCodes() => Code
        .Where(file => file.Path.Contains("/Training/", StringComparison.Ordinal) || file.Path.Contains("Web/Serving/Model", StringComparison.Ordinal) || file.Path.Contains("/Adapters/", StringComparison.Ordinal) || file.Path.EndsWith("EncodedDataset.Problems.cs", StringComparison.Ordinal))
        .Where(file => !file.Path.EndsWith("RunFailure.cs", StringComparison.Ordinal)) // kinds of events, which RunEvents has texts for
        .SelectMany(file => ProblemCode().Matches(file.Text).Select(match => match.Groups["code"].Value));

    /// <summary>The keys in the index of every localizer of this type; a part known at run time only as <c>{}</c>.</summary>
    private static IEnumerable<string> Asked(string type) =>
        from file in Code
        from localizer in Localizers[file.Component].Distinct()
        where localizer.Type == type
        from Match use in Regex.Matches(file.Text, $@"\b{localizer.Variable}\[", RegexOptions.None, TimeSpan.FromSeconds(5))
        from key in KeysIn(FirstArgument(file.Text, use.Index + use.Length))
        select key;

    private static IEnumerable<string> KeysIn(string index)
    {
        if (index.Contains(" + ", StringComparison.Ordinal)) return [];
        var keys = index.StartsWith('"') || index.StartsWith("$\"", StringComparison.Ordinal) ? Literal().Matches(index).Take(1) : Branch().Matches(index);
        return keys.Select(match => Hole().Replace(match.Groups["key"].Value, "{}"));
    }

    /// <summary>Up to the comma or bracket that ends the first argument.</summary>
    private static string FirstArgument(string text, int start)
    {
        var (depth, at, quoted) = (0, start, false);
        for (; at < text.Length; at++)
        {
            if (text[at] == '"') quoted = !quoted;
            if (quoted && text[at] is not ('{' or '}')) continue;
            if (text[at] is '[' or '(' or '{') depth++;
            if (depth == 0 && text[at] is ']' or ',' && depth == 0) break;
            if (text[at] is ']' or ')' or '}') depth--;
        }

        return text[start..at].Trim();
    }

    private static bool Matches(string family, string key) =>
        Regex.IsMatch(key, $"^{Regex.Escape(family).Replace(@"\{}", ".+", StringComparison.Ordinal)}$", RegexOptions.None, TimeSpan.FromSeconds(1));

    /// <summary>Codes of faults in the engine and around it, and the words that stand in their arguments.</summary>
    private static IEnumerable<string> FaultCodes() => Files("*.cs").SelectMany(file => FaultCode().Matches(File.ReadAllText(file)).Select(match => match.Groups["code"].Value))
        .Concat(Enum.GetNames<JsonKind>().Select(kind => $"JsonKind_{kind}")).Concat(Enum.GetNames<R1Lab.Engine.Checkpoints.OtherFile>().Select(file => $"OtherFile_{file}")).Concat(Enum.GetNames<UnreadContent>().Select(content => $"UnreadContent_{content}"));

    private static IEnumerable<string> DatasetFormats() => [R1Lab.Data.Datasets.DatasetFormats.PromptResponse, R1Lab.Data.Datasets.DatasetFormats.Messages, R1Lab.Data.Datasets.DatasetFormats.InputIds];

    private static IEnumerable<string> Files(string pattern) => Directory.EnumerateFiles(Sources, pattern, SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private sealed record SourceFile(string Path, string Text)
    {
        /// <summary>A page and its code-behind are one.</summary>
        public string Component { get; } = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, System.IO.Path.GetFileName(Path).Split('.')[0]);
    }

    [GeneratedRegex(@"IStringLocalizer<(?<type>\w+)>\s+(?<variable>\w+)", RegexOptions.None, 5000)]
    private static partial Regex Declaration();

    [GeneratedRegex("\"(?<word>[A-Za-z][A-Za-z0-9_]*)\"|nameof\\((?:\\w+\\.)*(?<word>\\w+)\\)", RegexOptions.None, 5000)]
    private static partial Regex Word();

    [GeneratedRegex("\\$?\"(?<key>[^\"]*)\"", RegexOptions.None, 5000)]
    private static partial Regex Literal();

    [GeneratedRegex("[?:] \\$?\"(?<key>[^\"]*)\"", RegexOptions.None, 5000)]
    private static partial Regex Branch();

    [GeneratedRegex("\\{[^}]*\\}", RegexOptions.None, 5000)]
    private static partial Regex Hole();

    // A fault's code stands before its sentence, a string with holes.
    [GeneratedRegex("""(?:new BadInputException|new AskRefusedException|new ModelUnavailableException|\b[Bb]ad|\bWrong|\bRefuse)\((?:(?!new BadInputException|new AskRefusedException|new ModelUnavailableException|\b[Bb]ad\(|\bWrong\(|\bRefuse\()[^;])*?"(?<code>[a-z]+(?:_[a-z0-9]+)+)",\s+\$"|(?:Fault\.Of|new RowFieldException|new EndpointException)\((?:\w+, )?"(?<code>[a-z_0-9]+)",""", RegexOptions.None, 5000)]
    private static partial Regex FaultCode();

    [GeneratedRegex("(?:new(?: Problem)?|Error|Warning|Note|Wrong)\\(\\s*\"(?<code>[a-z0-9]+(?:_[a-z0-9]+)+)\",[^\\n]*(?:ProblemSeverity|\\$?\"[A-Z][^\"]* )", RegexOptions.None, 5000)]
    private static partial Regex ProblemCode();
}
