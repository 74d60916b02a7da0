using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Web.Options;

namespace R1Lab.Web.Uploads;

/// <summary>What came of one piece.</summary>
public enum PieceOutcome { Stored, WrongOffset, TooLong, Unknown }

/// <summary>Uploads in pieces: the bytes lie in the data folder under the session's id, never under the user's file name, and the database says how many are safe.</summary>
public sealed class UploadFolder(UploadStore uploads, IOptions<LabOptions> options)
{
    /// <summary>Largest file taken.</summary>
    public const long LongestUpload = 4L * 1024 * 1024 * 1024;

    private string Folder => Path.Combine(options.Value.DataFolder, "uploads");

    public string PathOf(UploadSession session) => Path.Combine(Folder, session.Id);

    public async Task<UploadSession> BeginAsync(Actor actor, string fileName, long length, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        var session = await uploads.CreateAsync(actor, Path.GetFileName(fileName), length, cancellation);
        await File.Create(PathOf(session)).DisposeAsync();
        return session;
    }

    /// <summary>Appends one piece; what arrives before a connection breaks counts.</summary>
    public async Task<(PieceOutcome Outcome, long Received)> AppendAsync(Actor actor, string id, long offset, Stream piece, CancellationToken cancellation)
    {
        if (await uploads.GetAsync(id, cancellation) is not { } session) return (PieceOutcome.Unknown, 0);
        if (!actor.MayChange(session.OwnerId)) await uploads.DemandAsync(actor, id, cancellation);
        if (session.Received != offset) return (PieceOutcome.WrongOffset, session.Received);
        var (written, tooLong) = await WriteAsync(session, piece, cancellation);
        if (tooLong) return (PieceOutcome.TooLong, session.Received);
        // The piece is on disk: it is noted even when the sender has left meanwhile.
        var noted = await uploads.AdvanceAsync(actor, id, offset, offset + written, CancellationToken.None);
        return (noted ? PieceOutcome.Stored : PieceOutcome.WrongOffset, offset + written);
    }

    public async Task RemoveAsync(Actor actor, UploadSession session, CancellationToken cancellation)
    {
        if (await uploads.DeleteAsync(actor, session.Id, cancellation)) File.Delete(PathOf(session));
    }

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
