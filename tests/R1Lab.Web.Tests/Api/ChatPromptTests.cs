using System.Text.Json.Nodes;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;
using R1Lab.Web.Api.OpenAi;

namespace R1Lab.Web.Tests.Api;

/// <summary>What becomes of a client's messages under the templates of published models.</summary>
public sealed class ChatPromptTests
{
    private const string Copying = "{% for m in messages %}{{ m.role }}: {{ m.content }}|{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}";
    private const string Qwen25 = "Qwen2.5-7B-Instruct";
    private const string Llama = "Llama-3.1-8B-Instruct";
    private const string Qwen3 = "Qwen3";
    private const string R1 = "DeepSeek-R1-Distill-Qwen";
    private const string R1Later = "DeepSeek-R1-0528-Qwen3-8B";

    private const string CallHistory =
        """[{"role":"user","content":"1+1?"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"add","arguments":"{\"a\": 1}"}}]},{"role":"tool","tool_call_id":"c1","content":"2"}]""";

    [Theory]
    [InlineData(Qwen25, "<|im_start|>system\nX<|im_end|>\n")]
    [InlineData(Qwen3, "<|im_start|>system\nX<|im_end|>\n")]
    [InlineData(Llama, "Today Date: 26 Jul 2024\n\nX<|eot_id|>")]
    [InlineData(R1, "<s>X<｜User｜>")]
    [InlineData(R1Later, "<s>X<｜User｜>")]
    public void Render_DeveloperMessage_IsTheSystemMessage(string template, string expected)
    {
        var text = Text(Published(template), """[{"role":"developer","content":"X"},{"role":"user","content":"hi"}]""");

        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.DoesNotContain("developer", text, StringComparison.Ordinal);
        Assert.Equal(Text(Published(template), """[{"role":"system","content":"X"},{"role":"user","content":"hi"}]"""), text);
    }

    [Fact]
    public void Render_TemplateWithADeveloper_GetsOne() => Assert.Equal(
        "<dev>X",
        Text(Parse("{% for m in messages %}{% if m.role == 'developer' %}<dev>{{ m.content }}{% endif %}{% endfor %}"), """[{"role":"developer","content":"X"},{"role":"user","content":"hi"}]"""));

    // R1's first templates keep one system message; the client said two things.
    [Theory]
    [InlineData(Qwen25, "<|im_start|>system\nA<|im_end|>\n<|im_start|>system\nB<|im_end|>\n")]
    [InlineData(R1, "<s>A\n\nB<｜User｜>hi")]
    [InlineData(R1Later, "<s>A\n\nB<｜User｜>hi")]
    public void Render_SystemAndDeveloper_BothReachTheModel(string template, string expected) =>
        Assert.StartsWith(expected, Text(Published(template), """[{"role":"system","content":"A"},{"role":"developer","content":"B"},{"role":"user","content":"hi"}]"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("judge")]
    [InlineData("function")]
    [InlineData("User")]
    [InlineData("")]
    public void Render_UnknownRole_IsRefusedByName(string role)
    {
        foreach (var template in new[] { Published(Qwen25), Published(Qwen3), Published(R1), Published(Llama), Parse(Copying) })
        {
            var refused = Assert.Throws<AskRefusedException>(() => Text(template, $$"""[{"role":"user","content":"hi"},{"role":"{{role}}","content":"X"}]"""));

            Assert.Equal("messages[1].role", refused.Field);
        }
    }

    // It would vanish without a word.
    [Theory]
    [InlineData("tool")]
    [InlineData("system")]
    [InlineData("developer")]
    public void Render_RoleThatTheTemplatePassesOver_IsRefusedByName(string role)
    {
        var template = Parse("{% for m in messages %}{% if m.role == 'user' or m.role == 'assistant' %}{{ m.content }}{% endif %}{% endfor %}");

        Assert.Equal("messages[0].role", Assert.Throws<AskRefusedException>(() => Text(template, $$"""[{"role":"{{role}}","content":"X"}]""")).Field);
    }

    [Fact]
    public void Render_RoleOfTheTemplateAlone_IsTaken() =>
        Assert.Contains("<|start_header_id|>ipython<|end_header_id|>\n\n", Text(Published(Llama), """[{"role":"user","content":"hi"},{"role":"ipython","content":"X"}]"""), StringComparison.Ordinal);

    [Theory]
    [InlineData(Qwen25, "\n<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>")]
    [InlineData(Qwen3, "\n<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>")]
    [InlineData("Qwen3-initial", "\n<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>")]
    [InlineData(Llama, "{\"name\": \"add\", \"parameters\": {\"a\": 1}}")]
    [InlineData(R1, "<｜tool▁sep｜>add\n```json\n{\"a\": 1}\n```")]
    [InlineData(R1Later, "<｜tool▁sep｜>add\n```json\n{\"a\": 1}\n```")]
    public void Render_ToolCall_IsWrittenOnceWithItsArguments(string template, string expected)
    {
        var asText = Text(Published(template), CallHistory);
        var asObject = Text(Published(template), CallHistory.Replace("""
            "{\"a\": 1}"
            """, """{"a":1}""", StringComparison.Ordinal));

        Assert.Contains(expected, asText, StringComparison.Ordinal);
        Assert.Equal(asText, asObject);
        Assert.Contains(template == Llama ? "\"2\"" : "2", asText[asText.IndexOf(expected, StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void Render_ToolCallWithoutContent_IsKeptByR1(string content) =>
        Assert.Contains("<｜tool▁sep｜>add", Text(Published(R1), CallHistory.Replace("\"content\":null", $"\"content\":{content}", StringComparison.Ordinal)), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("\"{}\"")]
    [InlineData("\"not json\"")]
    [InlineData("\"[1]\"")]
    public void Render_ArgumentsThatAreNoObject_AreAnEmptyOne(string arguments) =>
        Assert.Contains("\"arguments\": {}}", Text(Published(Qwen25), CallHistory.Replace("""
            "{\"a\": 1}"
            """, arguments, StringComparison.Ordinal)), StringComparison.Ordinal);

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    public void Render_NoToolCalls_IsAPlainAnswer(string calls) =>
        Assert.Contains("assistant<|end_header_id|>\n\nyes<|eot_id|>", Text(Published(Llama), $$"""[{"role":"user","content":"hi"},{"role":"assistant","content":"yes","tool_calls":{{calls}}}]"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("reasoning_content")]
    [InlineData("reasoning")]
    public void Render_ThoughtBesideAToolCall_ReachesTheTemplate(string name)
    {
        var messages = CallHistory.Replace("\"content\":null", $"\"content\":\"\",\"{name}\":\"hm\"", StringComparison.Ordinal);

        Assert.Contains("<|im_start|>assistant\n<think>\nhm\n</think>\n\n<tool_call>\n", Text(Published(Qwen3), messages), StringComparison.Ordinal);
    }

    // The template gets both fields as they were sent, and decides itself.
    [Fact]
    public void Render_ThoughtAndAMarkInTheContent_AreBothAsGiven()
    {
        const string messages = """[{"role":"user","content":"hi"},{"role":"assistant","reasoning_content":"hm","content":"a </think> b"},{"role":"user","content":"so?"}]""";

        Assert.Contains("<|im_start|>assistant\na </think> b<|im_end|>", Text(Published(Qwen3), messages), StringComparison.Ordinal);
        Assert.Equal("[hm|a </think> b]", Text(Parse("{% set m = messages[1] %}[{{ m.reasoning_content }}|{{ m.content }}]"), messages));
    }

    [Fact]
    public void Render_OtherFields_ReachTheTemplate() => Assert.Equal(
        "user Ann  hi|tool add c7 2|",
        Text(
            Parse("{% for m in messages %}{{ m.role }} {{ m.name }} {{ m.tool_call_id }} {{ m.content }}|{% endfor %}"),
            """[{"role":"user","name":"Ann","content":"hi"},{"role":"tool","tool_call_id":"c7","name":"add","content":"2"}]"""));

    [Theory]
    [InlineData("\"one\"", "one")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("""["one","two"]""", "one\ntwo")]
    [InlineData("""[{"type":"text","text":"one"},{"type":"text","text":"two"}]""", "one\ntwo")]
    [InlineData("""[{"type":"input_text","text":"one"},{"type":"refusal","refusal":"no"}]""", "one\nno")]
    public void Render_ContentOfAnyForm_IsText(string content, string expected)
    {
        Assert.Equal($"user: {expected}|assistant: ", Text(Parse(Copying), $$"""[{"role":"user","content":{{content}}}]"""));
        Assert.Contains($"<|im_start|>user\n{expected}<|im_end|>", Text(Published(Qwen25), $$"""[{"role":"user","content":{{content}}}]"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[7]""", "messages[0].role")]
    [InlineData("""[{"role":7,"content":"x"}]""", "messages[0].role")]
    [InlineData("""[{"role":null,"content":"x"}]""", "messages[0].role")]
    [InlineData("""[{"role":"user","content":7}]""", "messages[0].content")]
    [InlineData("""[{"role":"user","content":{"type":"text","text":"x"}}]""", "messages[0].content")]
    [InlineData("""[{"role":"user","content":["x",7]}]""", "messages[0].content[1]")]
    [InlineData("""[{"role":"user","content":[{"type":"text"}]}]""", "messages[0].content[0]")]
    [InlineData("""[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]""", "messages[0].content[0]")]
    [InlineData("""[{"role":"assistant","content":"x","reasoning_content":7}]""", "messages[0].reasoning_content")]
    [InlineData("""[{"role":"assistant","content":"x","reasoning":{}}]""", "messages[0].reasoning")]
    [InlineData("""[{"role":"assistant","tool_calls":{}}]""", "messages[0].tool_calls")]
    [InlineData("""[{"role":"assistant","tool_calls":[7]}]""", "messages[0].tool_calls[0].function")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"function":{"arguments":"{}"}}]}]""", "messages[0].tool_calls[0].function")]
    [InlineData("""[{"role":"assistant","function_call":{"name":"f","arguments":"{}"}}]""", "messages[0].function_call")]
    public void Render_MalformedMessage_NamesTheField(string messages, string field) =>
        Assert.Equal(field, Assert.Throws<AskRefusedException>(() => Text(Parse(Copying), messages)).Field);

    [Theory]
    [InlineData(Qwen25, "Sure, ", "<|im_start|>assistant\nSure, ")]
    [InlineData(Qwen3, "Sure, ", "<|im_start|>assistant\n<think>\n\n</think>\n\nSure, ")]
    [InlineData(Llama, "Sure, ", "assistant<|end_header_id|>\n\nSure,")]
    [InlineData(R1, "Sure", "<｜User｜>hi<｜Assistant｜>Sure")]
    [InlineData(R1, "<think>\nhm, ", "<｜User｜>hi<｜Assistant｜><think>\nhm, ")]
    public void Render_ContinuedMessage_EndsThePromptWithIt(string template, string content, string expected)
    {
        var rendered = Continue(Published(template), content);

        Assert.EndsWith(expected, rendered.Text, StringComparison.Ordinal);
        Assert.Equal(content.StartsWith("<think>", StringComparison.Ordinal) ? ThoughtState.Open : ThoughtState.Answer, rendered.ReplyStart);
    }

    [Theory]
    [InlineData("say <think>", ThoughtState.Answer)]
    [InlineData("<think>", ThoughtState.Open)]
    [InlineData("<think>a</think>", ThoughtState.Closed)]
    [InlineData("<think>a</think>b", ThoughtState.Answer)]
    [InlineData("a</think>", ThoughtState.Closed)]
    [InlineData("", ThoughtState.None)]
    public void Render_ContinuedMessage_TellsThoughtFromAnswer(string content, ThoughtState expected) => Assert.Equal(expected, Continue(Parse(Copying), content).ReplyStart);

    [Fact]
    public void Render_ContinuedMessageThatTheTemplateChanges_IsRefused()
    {
        Assert.Equal("continue_final_message", Assert.Throws<AskRefusedException>(() => Continue(Published(R1), "<think>a</think>b")).Field);
        Assert.Equal("continue_final_message", Assert.Throws<AskRefusedException>(() => Continue(Parse("{{ messages[0].content }}"), "x")).Field);
        var nothing = new ChatPrompt(Messages("""[{"role":"assistant","content":null}]"""), null, null, null, true);
        Assert.Equal("continue_final_message", Assert.Throws<AskRefusedException>(() => nothing.Render(Parse(Copying))).Field);
    }

    [Theory]
    [InlineData(null, null, "user: hi|assistant: ")]
    [InlineData(true, null, "user: hi|assistant: ")]
    [InlineData(false, null, "user: hi|")]
    [InlineData(true, false, "user: hi|assistant: ")]
    [InlineData(null, true, "user: hi")]
    [InlineData(false, true, "user: hi")]
    public void Render_BothSwitches_DecideTheEnd(bool? generationPrompt, bool? continues, string expected) =>
        Assert.Equal(expected, new ChatPrompt(Messages("""[{"role":"user","content":"hi"}]"""), null, null, generationPrompt, continues).Render(Parse(Copying)).Text);

    [Fact]
    public void Render_BothSwitchesOn_IsRefused() => Assert.Equal(
        "continue_final_message",
        Assert.Throws<AskRefusedException>(() => new ChatPrompt(Messages("""[{"role":"user","content":"hi"}]"""), null, null, true, true).Render(Parse(Copying))).Field);

    private static RenderedPrompt Continue(ChatTemplate template, string content) =>
        new ChatPrompt([Turn("user", "hi"), Turn("assistant", content)], null, null, null, true).Render(template);

    private static JsonObject Turn(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static string Text(ChatTemplate template, string messages) => new ChatPrompt(Messages(messages), null, null, null, null).Render(template).Text;

    private static JsonArray Messages(string json) => JsonNode.Parse(json)!.AsArray();

    private static ChatTemplate Published(string name) => Parse(File.ReadAllText(ReferenceFiles.Public("chat-templates", $"{name}.jinja")));

    private static ChatTemplate Parse(string source) => ChatTemplate.Parse(source, new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });
}
