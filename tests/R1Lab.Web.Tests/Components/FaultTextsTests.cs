using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Tests.Components;

/// <summary>Every fault of a dataset's file in both languages, made by a file that has it.</summary>
public sealed partial class FaultTextsTests
{
    private const string Answer = """{"role":"assistant","content":"a"}""";

    private static readonly string[] Files =
    [
        "{\"prompt\":\"" + new string('x', JsonlReader.LongestLine) + "\"}",
        "[1]",
        "\"text\"",
        "7",
        "null",
        "true",
        string.Concat(Enumerable.Repeat("{\"a\":", 70)),
        """{"prompt":"a" """,
        """{"prompt":"a,"b":1}""",
        """{"prompt":NaN}""",
        """{"prompt":-Infinity}""",
        """{"prompt":"a","response":"b"} x""",
        """{"prompt":"a","prompt":"b"}""",
        """{"prompt":1e999}""",
        """{"prompt":"\ud800"}""",
        """{"\ud800":1}""",
        """[{"prompt":"a","response":"b"}""",
        """[{"prompt":"a","response":"b"}] x""",
        """{"prompt":"a","response":"b","train":false}""",
        """{"prompt":"a"}""",
        """{"prompt":"","response":"b"}""",
        """{"prompt":7,"response":"b"}""",
        """{"prompt":{},"response":"b"}""",
        """{"messages":7}""",
        """{"prompt":"a","response":"b","tools":"w"}""",
        """{"prompt":"a","response":"b","functions":[1]}""",
        """{"prompt":"a","response":"b","function_call":[1]}""",
        """{"prompt":"a","response":"b","images":[1]}""",
        """{"prompt":"a","response":"b","videos":[1]}""",
        """{"prompt":"a","response":"b","audios":[1]}""",
        """{"prompt":"a","response":"b","chosen":"c"}""",
        """{"prompt":"a","response":"b","rejected":"c"}""",
        """{"prompt":"a","response":"b","documents":[1]}""",
        """{"prompt":"a","response":"b","chat_template_kwargs":{"a":1}}""",
        """{"prompt":"a","response":"b","weight":0.5}""",
        $$"""{"system":"s","messages":[{"role":"system","content":"t"},{"role":"user","content":"q"},{{Answer}}]}""",
        """{"prompt":"a","response":"b","reasoning":"c","thinking":"d"}""",
        """{"prompt":"a","response":"<think>x</think>b","thinking":"d"}""",
        """{"instruction":"a","output":"b","history":[["x"]]}""",
        """{"messages":[1]}""",
        """{"conversations":[1]}""",
        """{"messages":[{"role":"critic","content":"q"}]}""",
        """{"conversations":[{"from":"critic","value":"q"}]}""",
        $$"""{"messages":[{{Answer}}]}""",
        """{"messages":[{"role":"user","content":"q"}]}""",
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","weight":0}]}""",
        """{"messages":[{"role":"user","content":[1]}]}""",
        """{"messages":[{"role":"user","content":[{"type":"image"}]}]}""",
        """{"prompt":"a","response":"b","tools":[1]}""",
        """{"prompt":"a","response":"b","tools":[{"a":1}]}""",
        """{"messages":[{"role":"assistant","tool_calls":[1]}]}""",
        """{"messages":[{"role":"assistant","tool_calls":[{"a":1}]}]}""",
        """{"input_ids":[1,2],"labels":[1]}""",
        """{"input_ids":[-1],"labels":[1]}""",
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Files.Length)];

    [Theory, MemberData(nameof(Numbers))]
    public void Show_EveryFault_IsTheSameSentenceInEnglishAndAnotherInChinese(int number)
    {
        var fault = FaultOf(Encoding.UTF8.GetBytes(Files[number]));

        AssertTexts(fault);
    }

    [Theory]
    [InlineData(new byte[] { 0x7B, 0xC4, 0xE3, 0x7D })]
    [InlineData(new byte[] { 0x7B, 0x80, 0x7D })]
    public void Show_BytesThatAreNoText_AreNamedInBothLanguages(byte[] line) => AssertTexts(FaultOf(line));

    public static TheoryData<string> BadFiles => [.. Directory.EnumerateFiles(ReferenceFiles.Golden("badinput"))
        .Where(file => Path.GetFileName(file).StartsWith("dev-b", StringComparison.Ordinal) && file.EndsWith(".safetensors", StringComparison.Ordinal) | file.EndsWith(".tokenizer.json", StringComparison.Ordinal))
        .Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(BadFiles))]
    public void Show_BadFile_IsTheSameSentenceInEnglishAndAnotherInChinese(string name)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, name.EndsWith(".json", StringComparison.Ordinal) ? "tokenizer.json" : name);
        File.Copy(ReferenceFiles.Golden("badinput", name), file);

        var bad = Assert.Throws<BadInputException>(() =>
        {
            if (name.EndsWith(".json", StringComparison.Ordinal)) Tokenizer.Load(folder.Path);
            else SafetensorsFile.Open(file).Dispose();
        });

        AssertTexts(bad.Fault!);
        Assert.Equal(bad.Message, In("en", text => text.Show(bad)));
    }

    [Fact]
    public void Files_TogetherHaveEveryFault()
    {
        string[] bytes = ["line_not_utf8", "line_gbk"];

        var known = Directory.EnumerateFiles(Path.Combine(ReferenceFiles.Repository, "src", "R1Lab.Engine", "Datasets"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Code().Matches(File.ReadAllText(file)).Select(match => match.Groups["code"].Value)).ToHashSet();

        Assert.Equal(known.Except(bytes).Order(), Files.Select(file => FaultOf(Encoding.UTF8.GetBytes(file)).Code).Distinct().Order());
    }

    private static Fault FaultOf(byte[] file)
    {
        using var stream = new MemoryStream(file);
        var text = Encoding.UTF8.GetString(file);
        var format = text.Contains("\"messages\"", StringComparison.Ordinal) ? DatasetFormat.Messages
            : text.Contains("conversations", StringComparison.Ordinal) ? DatasetFormat.ShareGpt
            : text.Contains("instruction", StringComparison.Ordinal) ? DatasetFormat.Alpaca
            : text.Contains("input_ids", StringComparison.Ordinal) ? DatasetFormat.InputIds
            : DatasetFormat.PromptResponse;
        return Assert.Single(JsonlReader.Read(stream, format).BadLines).Fault;
    }

    private static void AssertTexts(Fault fault)
    {
        var (english, chinese) = (In("en", fault), In("zh-CN", fault));
        Assert.Equal(fault.Message, english);
        Assert.NotEqual(english, chinese);
        Assert.All(fault.Arguments.Where(argument => argument is not Enum), argument => Assert.Contains(Convert.ToString(argument, CultureInfo.InvariantCulture)!, chinese, StringComparison.Ordinal));
        Assert.Matches("[\u4e00-\u9fff]", chinese);
    }

    private static string In(string language, Fault fault) => In(language, text => text.Show(fault));

    private static string In(string language, Func<IStringLocalizer<FailureTexts>, string> show)
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        try
        {
            using var services = new ServiceCollection().AddLogging().AddLocalization().BuildServiceProvider();
            return show(services.GetRequiredService<IStringLocalizer<FailureTexts>>());
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    [GeneratedRegex("""(?:Fault\.Of|new RowFieldException)\("(?<code>[a-z_0-9]+)",""", RegexOptions.None, 1000)]
    private static partial Regex Code();
}
