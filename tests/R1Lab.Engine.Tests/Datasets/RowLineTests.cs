using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>The two forms of a row: the canonical one that is stored, and its line in a file.</summary>
public sealed class RowLineTests
{
    [Theory]
    [InlineData("""{"id":7, "prompt":"old" ,"meta":{"prompt":"old"},"response":"r"}""", "新 \"x\"\n", "r", null, """{"id":7, "prompt":"新 \"x\"\n" ,"meta":{"prompt":"old"},"response":"r"}""")]
    [InlineData("""{"prompt":"old","response":"r","n":1e2}""", "old", "s", null, """{"prompt":"old","response":"s","n":1e2}""")]
    [InlineData("""{"prompt":"old","response":"r"}""", "old", "r", "be brief", """{"prompt":"old","response":"r", "system": "be brief"}""")]
    [InlineData("""{"system":"s", "prompt":"old","response":"r"}""", "old", "r", null, """{"prompt":"old","response":"r"}""")]
    [InlineData("""{"prompt":"old","system":"s","response":"r"}""", "old", "r", null, """{"prompt":"old","response":"r"}""")]
    [InlineData("""{"prompt":"old","response":"r" , "system":"s" }""", "old", "r", null, """{"prompt":"old","response":"r" }""")]
    [InlineData("""{"prompt":"old","response":"r","reasoning":"t","id":3}""", "old", "<think>\nu\n</think>\n\nr", null, """{"prompt":"old","response":"<think>\nu\n</think>\n\nr","id":3}""")]
    public void Change_TextOfARow_LeavesEveryOtherByte(string raw, string prompt, string response, string? system, string expected)
    {
        var changed = RowLine.Change(DatasetFormat.PromptResponse, raw, Read(raw, DatasetFormat.PromptResponse), ConversationRow.Of(prompt, response, system));

        Assert.Equal(expected, changed);
        Assert.Equal(RowContent.Write(ConversationRow.Of(prompt, response, system)), RowContent.Write(Read(changed, DatasetFormat.PromptResponse)));
    }

    [Fact]
    public void Change_ToWhatItIs_ReturnsTheLine()
    {
        const string raw = """ {"response":"\u4f60" , "prompt":"q"} """;

        Assert.Equal(raw, RowLine.Change(DatasetFormat.PromptResponse, raw, Read(raw, DatasetFormat.PromptResponse), ConversationRow.Of("q", "你")));
    }

    [Fact]
    public void Change_TurnsAndTools_KeepsTheOtherFields()
    {
        const string raw = """{"id": 1, "messages": [{"role":"user","content":"q"},{"role":"assistant","content":"a"}], "source": "x", "system": "s"}""";
        var row = (ConversationRow)Read(raw, DatasetFormat.Messages);

        var changed = RowLine.Change(DatasetFormat.Messages, raw, row, row with { Turns = [.. row.Turns, new("user", "r"), new("assistant", "b")], Tools = """[{"function":{"name":"w"}}]""" });

        Assert.Equal(
            """{"id": 1, "messages": [{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"user","content":"r"},{"role":"assistant","content":"b"}], "source": "x", "tools": [{"function":{"name":"w"}}]}""",
            changed);
        Assert.Equal(5, ((ConversationRow)Read(changed, DatasetFormat.Messages)).Turns.Count);
    }

    [Fact]
    public void Change_TokenIds_LeavesTheOtherFields()
    {
        const string raw = """{"input_ids":[1,2],"labels":[-100,2],"k":0}""";

        Assert.Equal("""{"input_ids":[3, 2],"labels":[-100,2],"k":0}""", RowLine.Change(DatasetFormat.InputIds, raw, Read(raw, DatasetFormat.InputIds), new TokenRow(new TokenExample([3, 2], [-100, 2]))));
    }

    [Theory]
    [InlineData(DatasetFormat.PromptResponse, """{"prompt":"q","response":"a"}""", """{"prompt": "q", "response": "a"}""")]
    [InlineData(DatasetFormat.PromptResponse, """{"prompt":"q","response":"a","system":"s"}""", """{"prompt": "q", "response": "a", "system": "s"}""")]
    [InlineData(DatasetFormat.PromptResponse, """{"prompt":"q","response":"a","tools":[{"name":"w"}]}""", """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"tools":[{"type":"function","function":{"name":"w"}}]}""")]
    [InlineData(DatasetFormat.InputIds, """{"labels": [-100, 2], "input_ids": [1, 2]}""", """{"input_ids":[1,2],"labels":[-100,2]}""")]
    public void Write_Row_IsInTheFormOfTheDataset(DatasetFormat format, string line, string expected) => Assert.Equal(expected, RowLine.Write(format, Read(line, format)));

    [Theory]
    [InlineData("""{"messages":[{"role":"developer","content":"s"},{"role":"user","content":"q","name":"Li"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"w","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c1","name":"w","content":"sunny"},{"role":"assistant","content":"A","weight":0},{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]},{"role":"assistant","content":"B","reasoning_content":"t"}],"tools":"[{\"name\":\"w\"}]"}""",
        """{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q","name":"Li"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"w","arguments":"{\"a\":1}"}}]},{"role":"tool","content":"sunny","name":"w","tool_call_id":"c1"},{"role":"assistant","content":"A","train":false},{"role":"user","content":"xy"},{"role":"assistant","content":"<think>\nt\n</think>\n\nB"}],"tools":[{"type":"function","function":{"name":"w"}}]}""")]
    [InlineData("""{"conversations":[{"from":"human","value":"hi"},{"from":"function_call","value":"{\"name\":\"w\",\"arguments\":{\"a\":1}}"},{"from":"observation","value":"sunny"},{"from":"gpt","value":"hello"}],"system":"Be brief"}""",
        """{"messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"type":"function","function":{"name":"w","arguments":{"a":1}}}]},{"role":"tool","content":"sunny"},{"role":"assistant","content":"hello"}]}""")]
    public void Content_ConversationsOfEveryForm_AreCanonicalAndReadBack(string line, string content)
    {
        var row = Read(line, DatasetFormat.Auto);

        Assert.Equal(content, RowContent.Write(row));
        Assert.Equal(content, RowContent.Write(RowContent.Read(RowContent.KindOf(row), content)));
        Assert.Equal(content, RowContent.Write(Read(content, DatasetFormat.Auto)));
    }

    [Fact]
    public void Content_AnyText_SurvivesAndIsValidJson()
    {
        var text = string.Concat(Enumerable.Range(0, 0x3000).Select(code => (char)code)) + "\ud83d\ude00\u2028\ufffe";

        var content = RowContent.Write(ConversationRow.Of(text, text));

        Assert.Equal(text, (string)JsonNode.Parse(content)!["messages"]![0]!["content"]!);
        Assert.Equal(text, ((ConversationRow)RowContent.Read(RowKind.Conversation, content)).Response);
    }

    [Fact]
    public void Content_FunctionsOnSeveralLines_StandOnOne()
    {
        var row = Read("""{"conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"{\n \"name\": \"w\",\n \"arguments\": {\"a b\": \"x  \\\" y\"}\n}"},{"from":"gpt","value":"a"}],"tools":"[\n {\"name\": \"w x\"}\n]"}""", DatasetFormat.ShareGpt);

        var line = RowLine.Write(DatasetFormat.Messages, row);

        Assert.DoesNotContain('\n', line);
        Assert.Contains("""[{"type":"function","function":{"name":"w","arguments":{"a b":"x  \" y"}}}]""", line, StringComparison.Ordinal);
        Assert.EndsWith("""[{"type":"function","function":{"name":"w x"}}]}""", line, StringComparison.Ordinal);
        Assert.Equal(line, RowContent.Write(Read(line, DatasetFormat.Messages)));
    }

    [Theory]
    [InlineData("""[{\"name\":\"w\",\"name\":\"v\"}]""")]
    [InlineData("""[{\"name\":\"\\ud800\"}]""")]
    [InlineData("""[{\"name\":\"w\",\"p\":NaN}]""")]
    [InlineData("""[]} {""")]
    [InlineData("")]
    public void Read_FunctionsInTextThatAreNoRow_AreRefusedOrNone(string tools)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($$"""{"prompt":"q","response":"a","tools":"{{tools}}"}"""));
        var read = JsonlReader.Read(stream, DatasetFormat.PromptResponse);

        if (tools.Length == 0) Assert.Null(((ConversationRow)Assert.Single(read.Rows)).Tools);
        else Assert.Equal("row_field_not_json", Assert.Single(read.BadLines).Fault.Code);
    }

    [Fact]
    public void SearchText_Conversation_HoldsTextsAndCallsAndNoKeys() =>
        Assert.Equal("q\n\n[{\"function\":{\"name\":\"w\"}}]\nsunny\na", RowContent.SearchText(new ConversationRow(
            [new("user", "q"), new("assistant", "") { ToolCalls = """[{"function":{"name":"w"}}]""" }, new("tool", "sunny"), new("assistant", "a")])));

    private static DatasetRow Read(string line, DatasetFormat format)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(line));
        var read = JsonlReader.Read(stream, format);
        return Assert.Single(read.Rows);
    }
}
