using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>240 conversations rendered by Python's Jinja as transformers sets it up (tests/Golden/chat-vectors).</summary>
public sealed class ChatVectorTests
{
    public static TheoryData<string> Names =>
    [
        "DeepSeek-R1-0528-Qwen3-8B", "DeepSeek-R1-Distill-Llama", "DeepSeek-R1-Distill-Qwen", "DeepSeek-R1-Distill-initial",
        "Llama-3.1-8B-Instruct", "Qwen2.5-7B-Instruct", "Qwen3-initial", "Qwen3",
    ];

    [Theory, MemberData(nameof(Names))]
    public void Render_ReferenceConversations_GivesTheReferenceText(string name)
    {
        var source = File.ReadAllText(ReferenceFiles.Public("chat-templates", $"{name}.jinja"));
        var vectors = PublicTokenizers.Vectors("chat-vectors", $"{name}.jsonl");

        var rendered = vectors.Select(vector => Render(source, vector)).ToArray();

        Assert.Equal(30, vectors.Length);
        Assert.Equal(vectors.Select(vector => (string?)vector["text"]), rendered);
    }

    [Theory]
    [InlineData("DeepSeek-R1-Distill-Qwen")]
    [InlineData("DeepSeek-R1-Distill-initial")]
    public void Encode_RenderedConversations_GivesTheReferenceIds(string name)
    {
        var tokenizer = PublicTokenizers.Load("deepseek-r1-qwen");
        var source = File.ReadAllText(ReferenceFiles.Public("chat-templates", $"{name}.jinja"));

        foreach (var vector in PublicTokenizers.Vectors("chat-vectors", $"{name}.jsonl").Where(vector => vector["ids"] is not null))
        {
            Assert.Equal(PublicTokenizers.Ids(vector), tokenizer.Encode(Render(source, vector)!, addSpecialTokens: false));
        }
    }

    [Fact]
    public void Load_PublicTokenizerFolder_RendersItsTemplateWithItsTokens()
    {
        var folder = ReferenceFiles.Public("tokenizers", "deepseek-r1-qwen");

        var prompt = ChatTemplate.Load(folder)!.Render([new("user", "你好")], addGenerationPrompt: true);

        Assert.StartsWith("<｜begin▁of▁sentence｜><｜User｜>你好<｜Assistant｜>", prompt, StringComparison.Ordinal);
    }

    /// <summary>Null where the template raises.</summary>
    private static string? Render(string source, JsonObject vector)
    {
        var tokens = new Dictionary<string, string> { ["bos_token"] = (string)vector["bos_token"]!, ["eos_token"] = (string)vector["eos_token"]! };
        var variables = new JsonObject();
        if (vector["enable_thinking"] is { } thinking) variables["enable_thinking"] = thinking.DeepClone();
        try
        {
            return ChatTemplate.Parse(source, tokens).Render(
                vector["messages"]!.AsArray(), (bool)vector["add_generation_prompt"]!, vector["tools"]?.AsArray(), variables);
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }
}
