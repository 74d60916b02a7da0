using System.Text;
using System.Text.Json;
using R1Lab.Engine.Datasets;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Datasets;

public sealed class JsonlReaderTests
{
    private const string Good = """{"prompt":"a","response":"b"}""";

    public static TheoryData<string> BadFiles() => [.. Index().Where(entry => entry.Verdict == "reject").Select(entry => entry.File)];

    public static TheoryData<string> GoodFiles() => [.. Index().Where(entry => entry.Verdict == "accept").Select(entry => entry.File)];

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void Read_BadFile_NamesEveryBadLineAndKeepsTheGoodOnes(string file)
    {
        var entry = Index().Single(entry => entry.File == file);
        if (entry.BadLines.Length == 0)
        {
            var e = Assert.Throws<BadInputException>(() => JsonlReader.Read(ReferenceFiles.Golden("badinput", file)));
            Assert.Contains(file, e.Message, StringComparison.Ordinal);
            Assert.Contains("UTF-16", e.Message, StringComparison.Ordinal);
            return;
        }

        var result = JsonlReader.Read(ReferenceFiles.Golden("badinput", file), DatasetFormat.PromptResponse);

        Assert.Equal(entry.BadLines, result.BadLines.Select(line => line.Line));
        Assert.Equal(entry.GoodLines, result.Rows.Count);
        Assert.DoesNotContain(result.Rows, row => row.Raw!.Contains('\uFFFD', StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(GoodFiles))]
    public void Read_OddButGoodFile_GivesBothRows(string file)
    {
        var result = JsonlReader.Read(ReferenceFiles.Golden("badinput", file));

        Assert.Empty(result.BadLines);
        Assert.Equal(DatasetFormat.PromptResponse, result.Format);
        Assert.Equal(2, result.Rows.Count);
        Assert.DoesNotContain(result.Rows.Cast<ConversationRow>(), row => row.Prompt.Contains('\r', StringComparison.Ordinal) || row.Response.Contains('\r', StringComparison.Ordinal));
    }

    [Fact]
    public void Read_BlankLines_KeepsPhysicalLineNumbers() =>
        Assert.Equal([1, 4], JsonlReader.Read(ReferenceFiles.Golden("badinput", "dev-c049_blank_lines.jsonl")).Rows.Select(row => row.Line));

    [Theory]
    [InlineData("""{"prompt":"a","response":"b"}{"prompt":"c","response":"d"}""", "text after the end of the object (one object a line)")]
    [InlineData("""["prompt"]""", "must be a JSON object, is a list")]
    [InlineData("7", "must be a JSON object, is a number")]
    [InlineData("null", "must be a JSON object, is null")]
    [InlineData("""{"prompt":"a","response":"b" """, "JSON ends too early")]
    [InlineData("""{"prompt":"问题 3,"response":"x"}""", "column 18: not valid JSON")]
    [InlineData("""{"prompt":"a","response":"b","w":NaN}""", "NaN is not allowed")]
    [InlineData("""{"prompt":"a","response":"b","w":-Infinity}""", "Infinity is not allowed")]
    [InlineData("""{"prompt":"a","response":"b","w":1e999}""", "field w: the number is too large")]
    [InlineData("""{"prompt":"a","response":"b","extra":{"k":1,"k":2}}""", "field k appears twice")]
    [InlineData("""{"prompt":"a","pro\u006dpt":"a","response":"b"}""", "field prompt appears twice")]
    [InlineData("""{"prompt":"a","response":"\udc00"}""", "field response: broken character (lone surrogate)")]
    [InlineData("""{"prompt":"a","response":"b","\ud800":1}""", "a field name holds a broken character (lone surrogate)")]
    [InlineData("""{"response":"b"}""", "field prompt is missing")]
    [InlineData("""{"prompt":null,"response":"b"}""", "field prompt must be text, is null")]
    [InlineData("""{"prompt":"a","response":["b"]}""", "field response must be text, is a list")]
    [InlineData("""{"prompt":"a","response":" \n"}""", "field response is empty")]
    public void ParseLine_BadLine_SaysWhy(string line, string reason)
    {
        var parsed = JsonlReader.ParseLine(Encoding.UTF8.GetBytes(line.TrimEnd()), DatasetFormat.PromptResponse, 9);

        Assert.Equal((9, reason), (parsed.Bad!.Line, parsed.Bad.Reason));
    }

    [Fact]
    public void Read_OverlongLine_IsRefusedAndTheNextLineIsRead()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($"{Good}\n{{\"prompt\":\"{new string('x', JsonlReader.LongestLine)}\"}}\n{Good}\n"));

        var result = JsonlReader.Read(stream, DatasetFormat.PromptResponse);

        Assert.Equal([(2, "the line is longer than 16 MiB")], result.BadLines.Select(bad => (bad.Line, bad.Reason)));
        Assert.Equal([1, 3], result.Rows.Select(row => row.Line));
    }

    [Fact]
    public void Read_TextWithOddCharacters_IsNotChanged()
    {
        const string line = "{\"prompt\":\"a\u0085\u2028\u0000\\u0000\u00e9 e\u0301 \ud83d\ude00\\/\", \"response\" : \"b\", \"id\":1.50}";
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(line.Replace("\0", "", StringComparison.Ordinal)));

        var row = (ConversationRow)Assert.Single(JsonlReader.Read(stream).Rows);

        Assert.Equal("a\u0085\u2028\0\u00e9 e\u0301 \ud83d\ude00/", row.Prompt);
        Assert.Equal(line.Replace("\0", "", StringComparison.Ordinal), row.Raw);
    }

    [Theory]
    [InlineData("""{"instruction":"i","input":"x","output":"o","system":"s","history":[["q","a"]]}""", DatasetFormat.Alpaca, "i\nx", "o", "system:s user:q assistant:a")]
    [InlineData("""{"instruction":"i","input":"","output":"o"}""", DatasetFormat.Alpaca, "i", "o", "")]
    [InlineData("""{"prompt":"p","completion":"c"}""", DatasetFormat.PromptCompletion, "p", "c", "")]
    [InlineData("""{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"a"}]}""", DatasetFormat.Messages, "u", "a", "system:s")]
    [InlineData("""{"prompt":"p","response":"r","score":5}""", DatasetFormat.PromptResponse, "p", "r", "")]
    public void Read_KnownFormats_AreDetected(string line, DatasetFormat format, string prompt, string response, string context)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(line));

        var result = JsonlReader.Read(stream);

        var row = (ConversationRow)Assert.Single(result.Rows);
        Assert.Equal((format, prompt, response), (result.Format, row.Prompt, row.Response));
        Assert.Equal(context, string.Join(' ', row.Turns.SkipLast(2).Select(turn => $"{turn.Role}:{turn.Content}")));
    }

    [Fact]
    public void Read_TokenRows_AreTakenAsTheyAre()
    {
        using var stream = new MemoryStream("""{"input_ids":[5,6,7],"labels":[-100,6,7]}"""u8.ToArray());

        var result = JsonlReader.Read(stream);

        Assert.Equal(DatasetFormat.InputIds, result.Format);
        Assert.Equal([5, 6, 7], ((TokenRow)result.Rows[0]).Example.InputIds);
        Assert.Equal([-100, 6, 7], ((TokenRow)result.Rows[0]).Example.Labels);
    }

    [Theory]
    [InlineData("""{"input_ids":[1,2],"labels":[1]}""", "input_ids has 2 entries and labels has 1")]
    [InlineData("""{"input_ids":[1,-2],"labels":[1,2]}""", "field input_ids, entry 2: -2 is no token id")]
    [InlineData("""{"input_ids":[1,2.5],"labels":[1,2]}""", "field input_ids, entry 2: 2.5 is no token id")]
    [InlineData("""{"input_ids":[1,2],"labels":[-1,2]}""", "field labels, entry 1: -1 is no token id")]
    [InlineData("""{"input_ids":[],"labels":[]}""", "field input_ids is empty")]
    [InlineData("""{"input_ids":"1 2","labels":[1,2]}""", "field input_ids must be a list, is text")]
    public void ParseLine_BadTokenRow_SaysWhy(string line, string reason) =>
        Assert.Equal(reason, JsonlReader.ParseLine(Encoding.UTF8.GetBytes(line), DatasetFormat.InputIds).Bad!.Reason);

    [Fact]
    public void Read_UnknownFields_AreNamed()
    {
        using var stream = new MemoryStream("""{"question":"a","answer":"b"}"""u8.ToArray());

        var e = Assert.Throws<BadInputException>(() => JsonlReader.Read(stream, source: "x.jsonl"));

        Assert.Contains("question, answer", e.Message, StringComparison.Ordinal);
    }

    private sealed record Entry(string File, string Verdict, int[] BadLines, int GoodLines);

    private static IEnumerable<Entry> Index()
    {
        foreach (var line in File.ReadLines(ReferenceFiles.Golden("badinput", "index.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (!root.GetProperty("file").GetString()!.EndsWith(".jsonl", StringComparison.Ordinal)) continue;
            var expect = root.GetProperty("expect");
            var bad = expect.TryGetProperty("bad_lines", out var lines) ? lines.EnumerateArray().Select(number => number.GetInt32()).ToArray() : [];
            var good = expect.TryGetProperty("good_lines", out var count) ? count.GetInt32() : 0;
            yield return new Entry(root.GetProperty("file").GetString()!, expect.GetProperty("verdict").GetString()!, bad, good);
        }
    }
}
