namespace R1Lab.Web.Options;

/// <summary>How many unfinished uploads there may be, and how many bytes they may announce.</summary>
public sealed record UploadOptions
{
    private const long GiB = 1L << 30;

    public int PerUser { get; set; } = 10;

    public long BytesPerUser { get; set; } = 16 * GiB;

    public long Bytes { get; set; } = 64 * GiB;

    public IEnumerable<string> Problems()
    {
        if (PerUser < 1) yield return "Lab:Uploads:PerUser must be at least 1.";
        if (BytesPerUser < 1) yield return "Lab:Uploads:BytesPerUser must be at least 1.";
        if (Bytes < 1) yield return "Lab:Uploads:Bytes must be at least 1.";
    }
}
