using System.Buffers;
using System.Text;
using R1Lab.Engine.Datasets.Formats;

namespace R1Lab.Engine.Datasets;

/// <summary>
/// Reads JSONL as it comes, line by line at LF only, in constant memory. Every line that is no row is named with its physical line number
/// and the reason; no text is changed on the way in. A byte order mark, CRLF, blank lines and a missing last newline are accepted, and so is
/// a file that is one JSON array of objects, pretty-printed or not.
/// </summary>
public static class JsonlReader
{
    /// <summary>A line longer than this (bytes) is refused instead of filling the memory.</summary>
    public const int LongestLine = 16 * 1024 * 1024;

    /// <summary>The reason for such a line.</summary>
    internal static readonly Fault TooLong = Fault.Of("line_too_long", $"the line is longer than {LongestLine / (1024 * 1024)} MiB");

    private const int DetectionLines = 200;

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="BadInputException">The file as a whole is no UTF-8 text, or its format cannot be told.</exception>
    public static JsonlReadResult Read(string path, DatasetFormat format = DatasetFormat.Auto)
    {
        using var stream = File.OpenRead(path);
        return Read(stream, format, Path.GetFileName(path));
    }

    /// <inheritdoc cref="Read(string, DatasetFormat)"/>
    /// <param name="stream">Bytes of the file; need not be seekable.</param>
    /// <param name="format">What a line holds.</param>
    /// <param name="source">The file's name for messages.</param>
    public static JsonlReadResult Read(Stream stream, DatasetFormat format = DatasetFormat.Auto, string source = "dataset")
    {
        var rows = new List<DatasetRow>();
        var bad = new List<BadLine>();
        foreach (var line in ReadLines(stream, format, source, detected => format = detected))
        {
            if (line.Row is { } row) rows.Add(row);
            else bad.Add(line.Bad!);
        }

        return new JsonlReadResult(format, rows, bad);
    }

    /// <summary>Reads line by line: for files larger than memory. Blank lines are passed over; what is around the rows is told, so that a file can be written again byte for byte.</summary>
    /// <param name="onFormat">Told the format once, before the first line comes, when it was <see cref="DatasetFormat.Auto"/>.</param>
    /// <param name="onTrailing">Told what stood after the last line (blank lines), when there was any.</param>
    public static IEnumerable<JsonlLine> ReadLines(
        Stream stream, DatasetFormat format, string source = "dataset", Action<DatasetFormat>? onFormat = null, Action<string>? onTrailing = null)
    {
        var lines = RawLines(stream, source, onTrailing);
        if (format != DatasetFormat.Auto)
        {
            foreach (var line in lines) yield return Parse(line, format);
            yield break;
        }

        using var rest = lines.GetEnumerator();
        var first = new List<RawLine>();
        while (first.Count < DetectionLines && rest.MoveNext()) first.Add(rest.Current);
        format = FormatDetector.Detect(first.Where(line => line.Fault is null).Select(line => line.Bytes), source);
        onFormat?.Invoke(format);
        foreach (var line in first) yield return Parse(line, format);
        while (rest.MoveNext()) yield return Parse(rest.Current, format);
    }

    /// <summary>Reads one object, for example from a form or a stored line.</summary>
    public static JsonlLine ParseLine(ReadOnlyMemory<byte> utf8, DatasetFormat format, int line = 0) => Parse(new RawLine(line, utf8, null, "", ""), format);

    private static JsonlLine Parse(RawLine line, DatasetFormat format)
    {
        if (line.Fault is { } known) return new JsonlLine(null, new BadLine(line.Number, known));
        var fault = JsonObjectLine.Check(line.Bytes.Span);
        if (fault is null)
        {
            var row = RowReader.Read(line.Bytes, format, out fault);
            if (row is not null) return new JsonlLine(row with { Line = line.Number }, null) { Leading = line.Leading, LineEnd = line.LineEnd };
        }

        return new JsonlLine(null, new BadLine(line.Number, fault!));
    }

    private static IEnumerable<RawLine> RawLines(Stream stream, string source, Action<string>? onTrailing)
    {
        var around = new StringBuilder(); // a byte order mark and blank lines since the last row
        var buffer = new byte[64 * 1024];
        var line = new ArrayBufferWriter<byte>();
        var (number, tooLong, first) = (1, false, true);
        JsonArrayLines? array = null;
        for (int read; (read = stream.ReadAtLeast(buffer, first ? buffer.Length : 1, throwOnEndOfStream: false)) > 0;)
        {
            var start = first ? SkipMark(buffer.AsSpan(0, read), source) : 0;
            if (first && JsonArrayLines.Begins(buffer.AsSpan(start, read - start))) array = new JsonArrayLines();
            if (array is not null)
            {
                foreach (var element in array.Read(buffer.AsMemory(start, read - start))) yield return element;
                (first, start) = (false, read);
            }

            if (start > 0 && array is null) around.Append('\uFEFF');
            first = false;
            while (start < read)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', start, read - start);
                var until = end < 0 ? read : end;
                if (!tooLong) line.Write(buffer.AsSpan(start, until - start));
                if (line.WrittenCount > LongestLine) (tooLong, line) = (true, new ArrayBufferWriter<byte>());
                start = until + 1;
                if (end < 0) continue;
                if (Finish(line, number, tooLong, "\n", around) is { } whole) yield return whole;
                line.ResetWrittenCount();
                (number, tooLong) = (number + 1, false);
            }
        }

        if ((array is null ? Finish(line, number, tooLong, "", around) : array.End()) is { } last) yield return last;
        if (around.Length > 0) onTrailing?.Invoke(around.ToString());
    }

    private static RawLine? Finish(ArrayBufferWriter<byte> line, int number, bool tooLong, string newline, StringBuilder around)
    {
        if (tooLong) return new RawLine(number, default, TooLong, "", "");
        var all = line.WrittenSpan;
        var row = all.Trim(" \t\r"u8);
        if (row.IsEmpty)
        {
            around.Append(Encoding.ASCII.GetString(all)).Append(newline);
            if (around.Length > LongestLine) throw new BadInputException($"line {number}", null, "dataset_blank_lines", $"more than {LongestLine / (1024 * 1024)} MiB of blank lines stand before it");
            return null;
        }

        var before = all.Length - all.TrimStart(" \t\r"u8).Length;
        var leading = around.Append(Encoding.ASCII.GetString(all[..before])).ToString();
        around.Clear();
        return new RawLine(number, row.ToArray(), null, leading, Encoding.ASCII.GetString(all[(before + row.Length)..]) + newline);
    }

    private static int SkipMark(ReadOnlySpan<byte> start, string source)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) return 3;
        var wide = start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])
            || (start.Length >= 2 && (start[0] == 0 || start[1] == 0));
        return wide ? throw new BadInputException(source, null, "dataset_utf16", $"the file is UTF-16 or UTF-32; save it as UTF-8") : 0;
    }
}
