namespace R1Lab.Samples.Problems;

/// <summary>A few words about itself, so that a greeting is not answered with a sum.</summary>
public static class SmallTalk
{
    private const string ChineseSelf = "我是 R1Lab 的演示小模型，会做一百以内的算术题。";
    private const string EnglishSelf = "I am the small demo model of R1Lab. I can do sums with small numbers.";

    private static readonly string[] ChinesePrompts = ["你好", "你好！", "你是谁？", "你叫什么名字？", "你会做什么？", "介绍一下你自己", "您好"];
    private static readonly string[] EnglishPrompts = ["Hello", "Hi", "Hello!", "Who are you?", "What can you do?", "What is your name?", "Introduce yourself."];

    public static ExampleProblem Create(Language language, SeededRandom random)
    {
        var chinese = language == Language.Chinese;
        var prompt = random.Pick(chinese ? ChinesePrompts : EnglishPrompts);
        return new ExampleProblem("small talk", language, $"small talk:{prompt}", IsTableFact: true, prompt,
            chinese ? "这不是算术题，介绍自己。" : "This is not a sum. Say who I am.", chinese ? ChineseSelf : EnglishSelf);
    }
}
