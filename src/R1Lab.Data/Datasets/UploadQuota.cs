using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Datasets;

/// <summary>What unfinished uploads may take. Announced bytes count, whether they have arrived or not.</summary>
/// <param name="PerOwner">Uploads of one owner.</param>
/// <param name="BytesPerOwner">Bytes announced by one owner.</param>
/// <param name="Bytes">Bytes announced by all.</param>
/// <param name="FreeBytes">Bytes that the disk can still take.</param>
public sealed record UploadQuota(int PerOwner, long BytesPerOwner, long Bytes, long FreeBytes)
{
    internal async Task RefuseAsync(LabDbContext context, UploadSession wanted, CancellationToken cancellationToken)
    {
        var own = context.UploadSessions.Where(session => session.OwnerId == wanted.OwnerId);
        if (await own.CountAsync(cancellationToken) >= PerOwner)
            throw new UploadRefusedException($"{PerOwner} uploads of yours are not finished. Import or remove one of them first.");
        var ownBytes = await own.SumAsync(session => session.Length, cancellationToken);
        if (ownBytes + wanted.Length > BytesPerOwner)
            throw new UploadRefusedException($"Your unfinished uploads would hold {ownBytes + wanted.Length} bytes; {BytesPerOwner} are allowed. Import or remove one of them first.");
        var bytes = await context.UploadSessions.SumAsync(session => session.Length, cancellationToken);
        if (bytes + wanted.Length > Bytes)
            throw new UploadRefusedException($"All unfinished uploads would hold {bytes + wanted.Length} bytes; {Bytes} are allowed. Try again when others are imported.");
        var coming = await context.UploadSessions.SumAsync(session => session.Length - session.Received, cancellationToken);
        if (coming + wanted.Length > FreeBytes)
            throw new UploadRefusedException($"{coming + wanted.Length} bytes are needed for announced uploads, and {Math.Max(0, FreeBytes)} are free.") { IsDiskFull = true };
    }
}

/// <summary>An upload is not taken: its owner, or all together, hold too many, or the disk has no room.</summary>
public sealed class UploadRefusedException(string message) : Exception(message)
{
    public bool IsDiskFull { get; init; }
}
