namespace R1Lab.Data.Datasets;

/// <summary>A file on its way in pieces. Its bytes lie in a file named after the id, never after the user's file name.</summary>
public sealed class UploadSession
{
    public required string Id { get; set; }

    public required string FileName { get; set; }

    public long Length { get; set; }

    /// <summary>Bytes safely on disk; the next piece begins here.</summary>
    public long Received { get; set; }

    public string? OwnerId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ChangedAt { get; set; }
}
