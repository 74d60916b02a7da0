namespace R1Lab.Data.Datasets;

/// <summary>One change by hand that can be taken back.</summary>
public sealed class DatasetEdit
{
    public int Id { get; set; }

    public int DatasetId { get; set; }

    public DatasetEditKind Kind { get; set; }

    public int RowCount { get; set; }

    public string? Editor { get; set; }

    public DateTimeOffset At { get; set; }
}

public enum DatasetEditKind
{
    Add,
    Update,
    Delete,
}

/// <summary>A row as it was before the edit (only its id matters when the edit added it).</summary>
public sealed class DatasetEditRow
{
    public int EditId { get; set; }

    public int RowId { get; set; }

    public int Position { get; set; }

    public required string Kind { get; set; }

    public required string Content { get; set; }

    public required string Search { get; set; }

    public string? Raw { get; set; }

    public string? Leading { get; set; }

    public string? LineEnd { get; set; }
}
