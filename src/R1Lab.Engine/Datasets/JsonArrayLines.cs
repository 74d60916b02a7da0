using System.Buffers;

namespace R1Lab.Engine.Datasets;

/// <summary>
/// Cuts a file that is one JSON array into its elements, in constant memory. Line ends and indentation between the parts of an element become
/// single spaces, so that each can be stored as a line of JSONL; texts stay as they are.
/// </summary>
internal sealed class JsonArrayLines
{
    private readonly ArrayBufferWriter<byte> _element = new();
    private int _line = 1;
    private int _began;
    private int _depth;
    private bool _inText;
    private bool _escaped;
    private bool _space;
    private bool _tooLong;
    private bool _opened;
    private bool _closed;

    /// <summary>Whether the bytes begin an array of objects, or an empty one. A line of JSONL that is an array of other things is a bad line instead.</summary>
    /// <param name="start">The first bytes of the file, without a byte order mark.</param>
    public static bool Begins(ReadOnlySpan<byte> start)
    {
        start = start.TrimStart(" \t\r\n"u8);
        return start.Length > 0 && start[0] == (byte)'[' && start[1..].TrimStart(" \t\r\n"u8) is var inside && (inside.Length == 0 || inside[0] is (byte)'{' or (byte)']');
    }

    /// <summary>The elements that end in the next bytes of the file.</summary>
    public IEnumerable<RawLine> Read(ReadOnlyMemory<byte> bytes)
    {
        for (var at = 0; at < bytes.Length; at++)
        {
            var letter = bytes.Span[at];
            if (Take(letter) && Finish() is { } element) yield return element;
            if (letter == (byte)'\n') _line++;
        }
    }

    /// <summary>What is left at the end of the file: something behind the array, or an array that is never closed.</summary>
    public RawLine? End()
    {
        if (!_closed) return new RawLine(_began == 0 ? _line : _began, default, Fault.Of("list_not_closed", $"the list that the file begins with is never closed"), "", "");
        return _element.WrittenCount > 0 || _tooLong ? new RawLine(_began, default, Fault.Of("list_text_after", $"text after the end of the list"), "", "") : null;
    }

    // Whether the element ends with this byte.
    private bool Take(byte letter)
    {
        if (_inText)
        {
            Add(letter);
            (_inText, _escaped) = (letter != (byte)'"' || _escaped, letter == (byte)'\\' && !_escaped);
            return false;
        }

        if (letter is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _space = _element.WrittenCount > 0;
            return false;
        }

        if (!_opened) return !(_opened = true);
        if (!_closed && _depth == 0 && letter is (byte)',' or (byte)']')
        {
            _closed |= letter == (byte)']';
            return true;
        }

        _inText = letter == (byte)'"';
        _depth = Math.Max(0, _depth + letter switch { (byte)'{' or (byte)'[' => 1, (byte)'}' or (byte)']' => -1, _ => 0 });
        Add(letter);
        return false;
    }

    private void Add(byte letter)
    {
        if (_element.WrittenCount == 0 && !_tooLong) _began = _line;
        if (_element.WrittenCount > JsonlReader.LongestLine) _tooLong = true;
        if (_tooLong) return;
        if (_space) _element.Write(" "u8);
        _space = false;
        _element.Write([letter]);
    }

    private RawLine? Finish()
    {
        RawLine? element = _tooLong ? new RawLine(_began, default, JsonlReader.TooLong, "", "") : _element.WrittenCount > 0 ? new RawLine(_began, _element.WrittenSpan.ToArray(), null, "", "\n") : null;
        _element.ResetWrittenCount();
        (_depth, _space, _tooLong) = (0, false, false);
        return element;
    }
}
