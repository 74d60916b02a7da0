namespace R1Lab.Data.Datasets;

/// <summary>Another user changed the row after the change being saved was started.</summary>
public sealed class RowConflictException(DatasetRowEntity stored)
    : RecordConflictException($"Row {stored.Id} was changed by another user in the meantime.")
{
    /// <summary>The row as it is stored now.</summary>
    public DatasetRowEntity Stored { get; } = stored;
}
