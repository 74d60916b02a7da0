using System.Xml.Linq;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests;

public sealed class ResxTests
{
    private static readonly string Sources = Path.Combine(ReferenceFiles.Repository, "src");

    public static TheoryData<string> EnglishFiles =>
        [.. Directory.EnumerateFiles(Sources, "*.resx", SearchOption.AllDirectories).Where(file => !file.EndsWith(".zh-CN.resx", StringComparison.Ordinal)).Select(file => Path.GetRelativePath(Sources, file)).Order()];

    [Theory, MemberData(nameof(EnglishFiles))]
    public void Texts_OfEveryComponent_StandInBothLanguages(string file)
    {
        var english = Read(Path.Combine(Sources, file));

        var chinese = Read(Path.Combine(Sources, Path.ChangeExtension(file, ".zh-CN.resx")));

        Assert.Equal(english.Keys.Order(), chinese.Keys.Order());
        Assert.DoesNotContain(english.Concat(chinese), text => string.IsNullOrWhiteSpace(text.Value));
    }

    [Theory, MemberData(nameof(EnglishFiles))]
    public void Placeholders_OfEveryText_AreTheSameInBothLanguages(string file)
    {
        var english = Read(Path.Combine(Sources, file));

        var chinese = Read(Path.Combine(Sources, Path.ChangeExtension(file, ".zh-CN.resx")));

        Assert.Equal(english.ToDictionary(text => text.Key, text => Placeholders(text.Value)), chinese.ToDictionary(text => text.Key, text => Placeholders(text.Value)));
    }

    [Fact]
    public void ChineseFiles_NeverStandAlone()
    {
        var chinese = Directory.EnumerateFiles(Sources, "*.zh-CN.resx", SearchOption.AllDirectories);

        var alone = chinese.Where(file => !File.Exists(file.Replace(".zh-CN.resx", ".resx", StringComparison.Ordinal)));

        Assert.Empty(alone);
    }

    /// <summary>One Chinese word for one thing: 检查点, 评分员, 并排对比, 基座模型, 词元.</summary>
    [Theory, MemberData(nameof(EnglishFiles))]
    public void ChineseTexts_CallOneThingByOneWord(string file)
    {
        string[] others = ["快照", "存档点", "评测人员", "评分者", "打分员", "评审员", "多模型对比", "并列比较", "基础模型", "底座模型", "令牌"];

        var chinese = Read(Path.Combine(Sources, Path.ChangeExtension(file, ".zh-CN.resx")));

        Assert.DoesNotContain(chinese, text => others.Any(word => text.Value.Contains(word, StringComparison.Ordinal)));
    }

    private static Dictionary<string, string> Read(string file) =>
        XDocument.Load(file).Root!.Elements("data").ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);

    private static string Placeholders(string text) =>
        string.Join(' ', Enumerable.Range(0, 10).Where(number => text.Contains($"{{{number}", StringComparison.Ordinal)));
}
