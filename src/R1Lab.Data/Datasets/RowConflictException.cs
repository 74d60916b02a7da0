namespace R1Lab.Data.Datasets;

/// <summary>Somebody else changed a row after the change that was to be saved had begun.</summary>
public sealed class RowConflictException(DatasetRowEntity stored)
    : RecordConflictException($"Row {stored.Id} was changed by somebody else meanwhile.")
{
    /// <summary>The row as it is stored now.</summary>
    public DatasetRowEntity Stored { get; } = stored;
}
