using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Web.Options;
using R1Lab.Web.Storage;

namespace R1Lab.Web.Uploads;

/// <summary>What came of one piece.</summary>
public enum PieceOutcome { Stored, WrongOffset, TooLong, Unknown }

/// <summary>Uploads in pieces: the bytes lie in the data folder under the session's id, never under the user's file name, and the database says how many are safe.</summary>
public sealed class UploadFolder(UploadStore uploads, IOptions<LabOptions> options)
{
    /// <summary>Largest file taken.</summary>
    public const long LongestUpload = 4L * 1024 * 1024 * 1024;

    private const string WholeFile = "whole-";

    private readonly ConcurrentDictionary<string, byte> _appending = [];

    private string Folder => Path.Combine(options.Value.DataFolder, "uploads");

    public string PathOf(UploadSession session) => Path.Combine(Folder, session.Id);

    /// <exception cref="UploadRefusedException">There are too many uploads, or there is no room for this one.</exception>
    public async Task<UploadSession> BeginAsync(Actor actor, string fileName, long length, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        var limits = options.Value.Uploads;
        var quota = new UploadQuota(limits.PerUser, limits.BytesPerUser, limits.Bytes, FreeBytes());
        var session = await uploads.CreateAsync(actor, DownloadName.Clean(fileName), length, quota, cancellation);
        await File.Create(PathOf(session)).DisposeAsync();
        return session;
    }

    /// <summary>Stores a whole file that came in one request, under a name of its own; the caller deletes it after reading.</summary>
    /// <exception cref="UploadRefusedException">The disk has no room for the rest of it.</exception>
    public async Task<string> ReceiveAsync(Stream body, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        var path = Path.Combine(Folder, $"{WholeFile}{Guid.NewGuid():N}");
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            var buffer = new byte[1 << 20];
            for (int read; (read = await body.ReadAsync(buffer, cancellation)) > 0;)
            {
                if (FreeBytes() < read) throw new UploadRefusedException("the file did not fit.") { IsDiskFull = true };
                await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }

            return path;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Removes what a killed process left: files without a session, sessions without a file. Call before the first request.</summary>
    public async Task RemoveLeftoversAsync(Actor actor, CancellationToken cancellation = default)
    {
        var known = (await uploads.IdsAsync(cancellation)).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.Exists(Folder) ? Directory.GetFiles(Folder) : [])
        {
            if (!known.Remove(Path.GetFileName(file))) File.Delete(file);
        }

        foreach (var id in known) await uploads.DeleteAsync(actor, id, cancellation);
    }

    /// <summary>Appends one piece; what arrives before a connection breaks counts.</summary>
    public async Task<(PieceOutcome Outcome, long Received)> AppendAsync(Actor actor, string id, long offset, Stream piece, CancellationToken cancellation)
    {
        if (await uploads.GetAsync(id, cancellation) is not { } session) return (PieceOutcome.Unknown, 0);
        if (!actor.MayChange(session.OwnerId)) await uploads.DemandAsync(actor, id, cancellation);
        // Two pieces of one file at once: the second sender is told where to continue, as after any wrong offset.
        if (session.Received != offset || !_appending.TryAdd(id, 0)) return (PieceOutcome.WrongOffset, session.Received);
        try
        {
            var (written, tooLong) = await WriteAsync(session, piece, cancellation);
            if (tooLong) return (PieceOutcome.TooLong, session.Received);
            // The piece is on disk: it is noted even when the sender has left meanwhile.
            var noted = await uploads.AdvanceAsync(actor, id, offset, offset + written, CancellationToken.None);
            return (noted ? PieceOutcome.Stored : PieceOutcome.WrongOffset, offset + written);
        }
        finally
        {
            _appending.TryRemove(id, out _);
        }
    }

    public async Task RemoveAsync(Actor actor, UploadSession session, CancellationToken cancellation)
    {
        if (await uploads.DeleteAsync(actor, session.Id, cancellation)) File.Delete(PathOf(session));
    }

    // What the disk can take while the lab keeps room to work.
    private long FreeBytes() => DiskRoom.ForFiles(options.Value.DataFolder);

    private async Task<(long Written, bool TooLong)> WriteAsync(UploadSession session, Stream piece, CancellationToken cancellation)
    {
        await using var file = new FileStream(PathOf(session), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
        file.Position = session.Received;
        var buffer = new byte[1 << 16];
        long written = 0;
        for (int read; (read = await ReadAsync(piece, buffer, written, cancellation)) > 0; written += read)
        {
            if (session.Received + written + read > session.Length) return (written, true);
            await file.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
        }

        file.Flush(flushToDisk: true);
        return (written, false);
    }

    // A connection that breaks in the middle of a piece ends it early, and the sender asks where to go on. Only reading may fail so: a disk that
    // takes no more is an error of its own.
    private static async Task<int> ReadAsync(Stream piece, byte[] buffer, long written, CancellationToken cancellation)
    {
        try
        {
            return await piece.ReadAsync(buffer, cancellation);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && written > 0)
        {
            return 0;
        }
    }
}
