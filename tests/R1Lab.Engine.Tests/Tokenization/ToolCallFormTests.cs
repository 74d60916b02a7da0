using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

public sealed class ToolCallFormTests
{
    [Theory]
    [InlineData("Qwen2.5-7B-Instruct", false, false)]
    [InlineData("Llama-3.1-8B-Instruct", false, false)]
    [InlineData("Qwen3", false, false)]
    [InlineData("Qwen3-initial", false, false)]
    [InlineData("DeepSeek-R1-Distill-Qwen", true, true)]
    [InlineData("DeepSeek-R1-Distill-initial", true, true)]
    [InlineData("DeepSeek-R1-0528-Qwen3-8B", true, false)]
    public void Of_PublishedTemplate_IsTheFormItWritesCallsIn(string name, bool textArguments, bool nullContent)
    {
        var template = ChatTemplate.Parse(File.ReadAllText(ReferenceFiles.Public("chat-templates", $"{name}.jinja")), Tokens);

        Assert.Equal(new ToolCallForm(textArguments, nullContent), ToolCallForm.Of(template, null));
    }

    [Fact]
    public void Of_TemplateThatWritesNoCalls_IsThatOfTheOthers() =>
        Assert.Equal(new ToolCallForm(false, false), ToolCallForm.Of(ChatTemplate.Parse("{{ messages[0].content }}", Tokens), null));

    [Theory]
    [InlineData("""{"a": 1}""", """{"a":1}""")]
    [InlineData("\"{\\\"a\\\": 1, \\\"b\\\": [true, null, \\\"好\\\"]}\"", """{"a":1,"b":[true,null,"好"]}""")]
    [InlineData("\"{\\\"a\\\": 1, \\\"a\\\": 2}\"", """{"a":2}""")]
    [InlineData("\"\"", "{}")]
    [InlineData("null", "{}")]
    [InlineData("\"not json\"", "{}")]
    [InlineData("\"[1]\"", "{}")]
    [InlineData("[1]", "{}")]
    [InlineData("7", "{}")]
    public void Apply_ArgumentsOfAnyKind_BecomeAnObject(string given, string expected)
    {
        var message = Call(JsonNode.Parse(given));

        new ToolCallForm(TextArguments: false, NullContent: false).Apply(message);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), Arguments(message)), message.ToJsonString());
        Assert.Equal("", (string?)message["content"]);
    }

    // Text stays as the client wrote it, broken or not.
    [Theory]
    [InlineData("\"{\\\"a\\\":1}\"", "{\"a\":1}")]
    [InlineData("\"not json\"", "not json")]
    [InlineData("""{"a":"好","b":1.0}""", """{"a": "好", "b": 1.0}""")]
    [InlineData("\"\"", "{}")]
    [InlineData("null", "{}")]
    public void Apply_TemplateThatWantsText_GivesTextAndNullContent(string given, string expected)
    {
        var message = Call(JsonNode.Parse(given));

        new ToolCallForm(TextArguments: true, NullContent: true).Apply(message);

        Assert.Equal(expected, (string?)Arguments(message));
        Assert.True(message.ContainsKey("content") && message["content"] is null);
    }

    private static Dictionary<string, string> Tokens => new() { ["bos_token"] = "<s>", ["eos_token"] = "</s>" };

    private static JsonNode? Arguments(JsonObject message) => message["tool_calls"]![0]!["function"]!["arguments"];

    private static JsonObject Call(JsonNode? arguments) => new()
    {
        ["role"] = "assistant",
        ["content"] = "",
        ["tool_calls"] = new JsonArray(new JsonObject { ["function"] = new JsonObject { ["name"] = "f", ["arguments"] = arguments } }),
    };
}
