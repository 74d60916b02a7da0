namespace R1Lab.Engine.Datasets;

/// <summary>One turn before the prompt.</summary>
public sealed record DatasetTurn(string Role, string Content);

/// <summary>One row to learn from: what is asked and what the model should say. The texts are exactly those of the file.</summary>
public sealed record DatasetRow(string Prompt, string Response)
{
    /// <summary>System text and earlier turns, in order; they are shown to the model and not trained.</summary>
    public IReadOnlyList<DatasetTurn> Context { get; init; } = [];

    /// <summary>Set for rows of the format <c>input_ids</c>: taken as they are, prompt and response are empty then.</summary>
    public TokenExample? Tokens { get; init; }

    /// <summary>The JSON object as it stood in the file, other keys included; null for a row typed in, or put together from several keys.</summary>
    public string? Raw { get; init; }

    /// <summary>Keys with a value whose meaning the lab does not know: what stands there is not learned.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Physical line in the file, from 1; 0 for a row typed in.</summary>
    public int Line { get; init; }
}

/// <summary>A line that is no row, with the reason in the user's words.</summary>
/// <param name="Line">Physical line number in the file, from 1.</param>
/// <param name="Reason">What is wrong, naming the field where there is one.</param>
public sealed record BadLine(int Line, string Reason);

/// <summary>Either a row or the reason why the line is none.</summary>
public readonly record struct JsonlLine(DatasetRow? Row, BadLine? Bad)
{
    /// <summary>What stood between the line before and this row: blank lines, spaces, a byte order mark.</summary>
    public string Leading { get; init; } = "";

    /// <summary>What ended the line: LF, CRLF, spaces, or nothing at the end of the file.</summary>
    public string LineEnd { get; init; } = "\n";
}

/// <summary>Everything one JSONL file held.</summary>
/// <param name="Format">The format as asked for, or as detected.</param>
public sealed record JsonlReadResult(DatasetFormat Format, IReadOnlyList<DatasetRow> Rows, IReadOnlyList<BadLine> BadLines);
