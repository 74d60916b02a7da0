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

public static class DatasetFormats
{
    public const string PromptResponse = "prompt_response";
    public const string InputIds = "input_ids";
}

/// <summary>One row. Prompt and Response are empty in the input_ids format; InputIds and Labels are null in the other.</summary>
public sealed class DatasetRowEntity
{
    /// <summary>Stays the same for the life of the row, also through delete and undo.</summary>
    public int Id { get; set; }

    public int DatasetId { get; set; }

    /// <summary>Orders the rows; may have gaps.</summary>
    public int Position { get; set; }

    public required string Prompt { get; set; }

    public required string Response { get; set; }

    /// <summary>A JSON array of token ids.</summary>
    public string? InputIds { get; set; }

    /// <summary>A JSON array of labels, -100 where not trained.</summary>
    public string? Labels { get; set; }

    /// <summary>The whole JSON line as imported, other fields included; an edit replaces only the changed values in it.</summary>
    public required string Raw { get; set; }

    /// <summary>Blank lines or a byte order mark before the line; null for none.</summary>
    public string? Leading { get; set; }

    /// <summary>What ended the line; null for a line feed, empty for a last line without one.</summary>
    public string? LineEnd { get; set; }
}

/// <summary>What a new dataset is called. It belongs to the actor that creates it; only the lab itself may name another owner.</summary>
public sealed record NewDataset(string Name, string Format, string? OwnerId = null, string? OwnerName = null)
{
    /// <summary>What stood in the file after the last row.</summary>
    public string? Trailing { get; init; }
}

/// <summary>A row to store, or the new values of a row to change.</summary>
public sealed record NewRow(string Prompt, string Response)
{
    public string? InputIds { get; init; }

    public string? Labels { get; init; }

    /// <summary>The JSON line as it stood in the file; written from the values when null.</summary>
    public string? Raw { get; init; }

    public string? Leading { get; init; }

    public string? LineEnd { get; init; }
}

/// <summary>Some rows, and how many there are in all under the same query.</summary>
public sealed record DatasetPage(IReadOnlyList<DatasetRowEntity> Rows, int Total);
