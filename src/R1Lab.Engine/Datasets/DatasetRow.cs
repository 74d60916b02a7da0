namespace R1Lab.Engine.Datasets;

/// <summary>One row to learn from.</summary>
public abstract record DatasetRow
{
    /// <summary>The JSON object as it stood in the file, other keys included; null for a row typed in, or put together from several keys.</summary>
    public string? Raw { get; init; }

    /// <summary>Keys with a value whose meaning the lab does not know: what stands there is not learned.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Physical line in the file, from 1; 0 for a row typed in.</summary>
    public int Line { get; init; }
}

/// <summary>Turns of a conversation; the assistant's are learned. The texts are exactly those of the file.</summary>
/// <param name="Turns">In order, a system text first where there is one.</param>
public sealed record ConversationRow(IReadOnlyList<DatasetTurn> Turns) : DatasetRow
{
    /// <summary>Descriptions of the functions that the assistant may call, a JSON array; null for none.</summary>
    public string? Tools { get; init; }

    /// <summary>The last answer; empty where there is none.</summary>
    public string Response => LastAnswer is var at && at >= 0 ? Turns[at].Content : "";

    /// <summary>The user's text that the last answer replies to; empty where there is none.</summary>
    public string Prompt => Turns.Take(LastAnswer is var at && at >= 0 ? at : Turns.Count).LastOrDefault(turn => turn.Role == DatasetTurn.User)?.Content ?? "";

    /// <summary>One question and its answer, at most behind a system text.</summary>
    public bool IsSingle => Tools is null
        && Turns.Select(turn => turn.Role).SkipWhile((role, at) => at == 0 && role == DatasetTurn.System).SequenceEqual([DatasetTurn.User, DatasetTurn.Assistant])
        && Turns.All(turn => turn is { ToolCalls: null, Name: null, IsLearned: true });

    private int LastAnswer
    {
        get
        {
            var at = Turns.Count - 1;
            while (at >= 0 && Turns[at].Role != DatasetTurn.Assistant) at--;
            return at;
        }
    }

    /// <summary>A question and its answer.</summary>
    /// <param name="system">Stands before both; null or empty for none.</param>
    public static ConversationRow Of(string prompt, string response, string? system = null)
    {
        DatasetTurn[] pair = [new(DatasetTurn.User, prompt), new(DatasetTurn.Assistant, response)];
        return new ConversationRow(string.IsNullOrEmpty(system) ? pair : [new(DatasetTurn.System, system), .. pair]);
    }
}

/// <summary>Token ids, trained exactly as they are.</summary>
public sealed record TokenRow(TokenExample Example) : DatasetRow;

/// <summary>A line that is no row.</summary>
/// <param name="Line">Physical line number in the file, from 1.</param>
/// <param name="Fault">What is wrong, naming the field where there is one.</param>
public sealed record BadLine(int Line, Fault Fault)
{
    /// <summary>What is wrong, in English.</summary>
    public string Reason => Fault.Message;
}

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
