namespace R1Lab.Data.Datasets;

/// <summary>A table of training rows. Its version grows by one with every change.</summary>
public sealed class Dataset
{
    public int Id { get; set; }

    public required string Name { get; set; }

    /// <summary>One of <see cref="DatasetFormats"/>.</summary>
    public required string Format { get; set; }

    public int Version { get; set; } = 1;

    public int RowCount { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ChangedAt { get; set; }

    public string? OwnerId { get; set; }

    public string? OwnerName { get; set; }

    public DatasetState State { get; set; }

    /// <summary>What stood in the file after the last row (blank lines), kept so that an export repeats the import byte for byte.</summary>
    public string? Trailing { get; set; }

    /// <summary>SHA-256 of the export of version <see cref="ContentHashVersion"/>, worked out when first asked for.</summary>
    public string? ContentHash { get; set; }

    public int? ContentHashVersion { get; set; }
}

public enum DatasetState
{
    /// <summary>Rows are still arriving; not listed, and removed at the next start if the import never ended.</summary>
    Importing,
    Ready,
}

/// <summary>How the lines of a dataset are written.</summary>
public static class DatasetFormats
{
    public const string PromptResponse = "prompt_response";
    public const string Messages = "messages";
    public const string InputIds = "input_ids";
}

/// <summary>
/// One row. Its <see cref="Id"/> is its identity, <see cref="Content"/> what is learned from it: rows of equal content have equal text here. The line
/// of the file it came from, <see cref="Leading"/>, <see cref="Raw"/> and <see cref="LineEnd"/>, is kept only so that an export repeats it byte for byte.
/// </summary>
public sealed class DatasetRowEntity
{
    /// <summary>Stays the same for the life of the row, also through delete and undo.</summary>
    public int Id { get; set; }

    public int DatasetId { get; set; }

    /// <summary>Orders the rows; may have gaps.</summary>
    public int Position { get; set; }

    /// <summary>What the content holds: one of <see cref="RowKinds"/>.</summary>
    public required string Kind { get; set; }

    /// <summary>The row in canonical JSON.</summary>
    public required string Content { get; set; }

    /// <summary>What a search looks through.</summary>
    public required string Search { get; set; }

    /// <summary>The JSON line as imported, other fields included; null where it is the content. An edit replaces only the changed values in it.</summary>
    public string? Raw { get; set; }

    /// <summary>Blank lines or a byte order mark before the line; null for none.</summary>
    public string? Leading { get; set; }

    /// <summary>What ended the line; null for a line feed, empty for a last line without one.</summary>
    public string? LineEnd { get; set; }

    /// <summary>The row's line in an export.</summary>
    public string Line => Raw ?? Content;
}

public static class RowKinds
{
    /// <summary><c>{"messages":[{"role","content",...}],"tools"?}</c>.</summary>
    public const string Conversation = "conversation";

    /// <summary><c>{"input_ids","labels"}</c>.</summary>
    public const string Tokens = "tokens";
}

/// <summary>What a new dataset is called. It belongs to the actor that creates it; only the lab itself may name another owner.</summary>
public sealed record NewDataset(string Name, string Format, string? OwnerId = null, string? OwnerName = null)
{
    /// <summary>What stood in the file after the last row.</summary>
    public string? Trailing { get; init; }
}

/// <summary>A row to store, or the new values of a row to change.</summary>
/// <param name="Kind">One of <see cref="RowKinds"/>.</param>
/// <param name="Content">The row in canonical JSON.</param>
/// <param name="Search">What a search looks through.</param>
/// <param name="Raw">The row's line in an export; null or equal to the content where that is the line.</param>
public sealed record NewRow(string Kind, string Content, string Search, string? Raw = null)
{
    public string? Leading { get; init; }

    public string? LineEnd { get; init; }

    /// <summary>The line where it differs from the content.</summary>
    internal string? OwnLine => Raw == Content ? null : Raw;
}

/// <summary>Some rows, and how many there are in all under the same query.</summary>
public sealed record RowPage(IReadOnlyList<DatasetRowEntity> Rows, int Total);
