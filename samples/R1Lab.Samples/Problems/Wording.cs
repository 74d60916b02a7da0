namespace R1Lab.Samples.Problems;

/// <summary>The words stories are told with: who, and what is counted.</summary>
public static class Wording
{
    public static readonly string[] ChineseNames = ["小明", "小红", "小刚", "小丽", "小华", "小军", "小芳", "小杰"];
    public static readonly string[] EnglishNames = ["Tom", "Amy", "Ben", "Lily", "Sam", "Mia", "Jack", "Emma"];

    public static readonly (string Item, string Measure)[] ChineseItems =
    [
        ("苹果", "个"), ("鸡蛋", "个"), ("气球", "个"), ("铅笔", "支"), ("书", "本"), ("糖", "颗"), ("珠子", "颗"), ("贴纸", "张"), ("邮票", "张"),
        ("卡片", "张"), ("花", "朵"), ("饼干", "块"), ("积木", "块"),
    ];

    public static readonly string[] EnglishItems =
        ["apples", "eggs", "balloons", "pencils", "books", "candies", "beads", "stickers", "stamps", "cards", "flowers", "cookies", "coins"];

    /// <summary>
    /// Fills a template: <c>{n}</c> and <c>{m}</c> two people, <c>{i}</c> the thing, <c>{u}</c> its Chinese measure word, <c>{a}</c>… the numbers,
    /// <c>{v}</c> the result. The text after <c>|</c> is the answer.
    /// </summary>
    public static (string Prompt, string Answer) Fill(string template, Language language, int[] numbers, int result, SeededRandom random)
    {
        var names = language == Language.Chinese ? ChineseNames : EnglishNames;
        var first = random.Between(0, names.Length - 1);
        var second = (first + random.Between(1, names.Length - 1)) % names.Length;
        var (item, measure) = language == Language.Chinese ? random.Pick(ChineseItems) : (random.Pick(EnglishItems), "");
        var text = template.Replace("{n}", names[first]).Replace("{m}", names[second]).Replace("{i}", item).Replace("{u}", measure).Replace("{v}", $"{result}");
        for (var i = 0; i < numbers.Length; i++) text = text.Replace($"{{{(char)('a' + i)}}}", $"{numbers[i]}");
        var parts = text.Split('|');
        return (parts[0], parts[1]);
    }
}
