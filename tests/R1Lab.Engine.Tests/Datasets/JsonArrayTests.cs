using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>A file that is one JSON array has as many rows as the array has elements, however it is laid out.</summary>
public sealed class JsonArrayTests
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true };

    private static readonly string[] Texts = ["hi", "a, b] } { [ \\ \" \n", "问题 😀", "</think> ,\t"];

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(true, "\uFEFF \r\n")]
    public void Read_Array_GivesEveryElement(bool pretty, string before)
    {
        var rows = Texts.Select(text => new JsonObject { ["instruction"] = text, ["input"] = "", ["output"] = text + "!", ["id"] = new JsonArray(1, new JsonObject { ["k"] = text }) }).ToArray();
        var file = before + new JsonArray([.. rows]).ToJsonString(pretty ? Pretty : JsonSerializerOptions.Default) + "\n";

        var result = Read(file);

        Assert.Empty(result.BadLines);
        Assert.Equal(Texts, result.Rows.Select(row => ((ConversationRow)row).Prompt));
        Assert.All(result.Rows.Zip(rows), pair => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(pair.First.Raw!), pair.Second)));
        Assert.DoesNotContain(result.Rows, row => row.Raw!.Contains('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void Read_ArrayLargerThanTheBuffer_IsReadInPieces()
    {
        var rows = Enumerable.Range(0, 5000).Select(at => new JsonObject { ["prompt"] = $"q{at}", ["response"] = new string('x', at % 200 + 1) }).ToArray();

        var result = Read(new JsonArray([.. rows]).ToJsonString(Pretty));

        Assert.Equal(Enumerable.Range(0, 5000).Select(at => $"q{at}"), result.Rows.Select(row => ((ConversationRow)row).Prompt));
        Assert.Equal(Enumerable.Range(0, 5000).Select(at => 4 * at + 2), result.Rows.Select(row => row.Line));
    }

    [Theory]
    [InlineData("[\n  {\"prompt\":\"a\",\"response\":\"b\"},\n  7,\n  {\"prompt\":\"c\"}\n]", 1, "3: must be a JSON object, is a number; 4: field response is missing")]
    [InlineData("[{\"prompt\":\"a\",\"response\":\"b\"} {\"prompt\":\"c\",\"response\":\"d\"}]", 0, "1: text after the end of the object (one object a line)")]
    [InlineData("[{\"prompt\":\"a\",\"response\":\"b\"}\n", 0, "1: the list that the file begins with is never closed")]
    [InlineData("[{\"prompt\":\"a\",\"response\":\"b\"}]\n{\"prompt\":\"a\",\"response\":\"b\"}", 1, "2: text after the end of the list")]
    [InlineData("[{\"prompt\":\"a\",\"response\":\"b\"}}, {\"prompt\":\"a\",\"response\":\"b\"}]", 1, "1: text after the end of the object (one object a line)")]
    public void Read_BrokenArray_NamesTheLines(string file, int rows, string reasons)
    {
        var result = Read(file, DatasetFormat.PromptResponse);

        Assert.Equal((rows, reasons), (result.Rows.Count, string.Join("; ", result.BadLines.Select(bad => $"{bad.Line}: {bad.Reason}"))));
    }

    [Fact]
    public void Read_EmptyArray_HasNoRow() => Assert.Equal((0, 0), Read("[ ]") is var result ? (result.Rows.Count, result.BadLines.Count) : default);

    private static JsonlReadResult Read(string file, DatasetFormat format = DatasetFormat.Auto)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(file));
        return JsonlReader.Read(stream, format);
    }
}
