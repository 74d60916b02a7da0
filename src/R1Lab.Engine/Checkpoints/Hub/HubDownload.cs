using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>One file on its way into the cache: resumed by range, hashed while it is written, renamed only when every byte is right.</summary>
internal sealed class HubDownload(HubTransport transport, HubSettings settings, string blob, string etag, Action<long, long?> onBytes)
{
    private const string PartSuffix = ".r1lab-part";

    private readonly string _part = blob + PartSuffix;
    private readonly string _note = blob + PartSuffix + ".json";
    private IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _most; // the most bytes there ever were: only more than that is progress

    /// <exception cref="HubException">The hub did not give the file, or gave other bytes than its checksum says.</exception>
    public async Task RunAsync(Uri address, long? size, string? sha256, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        using (_hash)
        await using (var part = new FileStream(_part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16))
        {
            await PickUpAsync(part, address, size, cancellationToken);
            size = await FillAsync(part, address, size, cancellationToken);
            await VerifyAsync(part, address, size, sha256, cancellationToken);
            part.Flush(flushToDisk: true);
        }

        File.Move(_part, blob, overwrite: true);
        File.Delete(_note);
        DurableFolder.Flush(Path.GetDirectoryName(blob)!);
    }

    // What an earlier attempt left is taken when it was for the same file and size; it is hashed again, since a hash cannot be stored half done.
    private async Task PickUpAsync(FileStream part, Uri address, long? size, CancellationToken cancellationToken)
    {
        if (part.Length > 0 && (!NoteFits(size) || part.Length > size)) part.SetLength(0);
        DurableFile.RequireSpace(Path.GetDirectoryName(blob)!, (size ?? 0) - part.Length);
        DurableFile.WriteAllText(_note, new JsonObject { ["url"] = address.GetLeftPart(UriPartial.Path), ["etag"] = etag, ["size"] = size }.ToJsonString());
        var buffer = new byte[1 << 18];
        for (int read; (read = await part.ReadAsync(buffer, cancellationToken)) > 0;) _hash.AppendData(buffer, 0, read);
        _most = part.Length;
        onBytes(part.Length, size);
    }

    private bool NoteFits(long? size)
    {
        if (!File.Exists(_note)) return false;
        var note = HubListingReader.Parse(_note, File.ReadAllBytes(_note));
        return note is JsonObject && (string?)note["etag"] == etag && (long?)note["size"] == size && size is not null;
    }

    private async Task<long> FillAsync(FileStream part, Uri address, long? size, CancellationToken cancellationToken)
    {
        var left = settings.Retries;
        while (size is null || part.Length < size)
        {
            var before = _most;
            try
            {
                size = await ReceiveAsync(part, address, size, cancellationToken);
            }
            catch (HubException e) when (e.MirrorMayHelp)
            {
                left = _most > before ? settings.Retries : left - 1;
                if (left <= 0) throw;
                await Task.Delay(Delay(settings.Retries - left), cancellationToken);
            }
        }

        return size.Value;
    }

    // One request; returns the file's size once it is known. Throws with MirrorMayHelp when trying again makes sense.
    private async Task<long> ReceiveAsync(FileStream part, Uri address, long? size, CancellationToken cancellationToken)
    {
        using var response = await transport.GetAsync(address, part.Length, cancellationToken);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && part.Length > 0)
        {
            Restart(part);
            throw new HubException($"{address}: the hub cannot go on where the download stopped.") { MirrorMayHelp = true };
        }

        if (!response.IsSuccessStatusCode) throw HubTransport.Refused(address, response.StatusCode);
        if (response.Content.Headers.ContentEncoding.Any(c => c != "identity")) throw new HubException($"{address}: the hub sent packed bytes although plain ones were asked for.");
        var goesOn = response.StatusCode == HttpStatusCode.PartialContent;
        if (goesOn && response.Content.Headers.ContentRange?.From != part.Length) throw new HubException($"{address}: the hub sent another part of the file than was asked for.");
        if (!goesOn && part.Length > 0) Restart(part);
        var announced = goesOn ? response.Content.Headers.ContentRange!.Length : response.Content.Headers.ContentLength;
        if (size is not null && announced is not null && announced != size) throw new HubException($"{address}: the hub announces {announced} bytes, but the file has {size}.");
        await CopyAsync(part, response.Content, address, size ?? announced, cancellationToken);
        var known = size ?? announced ?? part.Length;
        return part.Length >= known ? known : throw new HubException($"{address}: the answer ended after {part.Length} of {known} bytes.") { MirrorMayHelp = true };
    }

    private async Task CopyAsync(FileStream part, HttpContent content, Uri address, long? size, CancellationToken cancellationToken)
    {
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[1 << 18];
        for (int read; (read = await ReadAsync(body, buffer, address, cancellationToken)) > 0;)
        {
            if (part.Length + read > size) throw Discard(part, $"{address}: the hub sent more than the {size} bytes of the file.");
            await part.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            _hash.AppendData(buffer, 0, read);
            _most = Math.Max(_most, part.Position);
            onBytes(part.Position, size);
        }
    }

    // Only the network's failures may be tried again; a full disk must not be.
    private async Task<int> ReadAsync(Stream body, byte[] buffer, Uri address, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(settings.DownloadTimeout);
        try
        {
            return await body.ReadAsync(buffer, limit.Token);
        }
        catch (Exception e) when (e is IOException or HttpRequestException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            var why = e is OperationCanceledException ? $"nothing came for {settings.DownloadTimeout.TotalSeconds:0.#} s" : e.Message;
            throw new HubException($"{address.GetLeftPart(UriPartial.Path)}: the download broke off: {why}", e) { MirrorMayHelp = true };
        }
    }

    private async Task VerifyAsync(FileStream part, Uri address, long? size, string? sha256, CancellationToken cancellationToken)
    {
        if (part.Length != size) throw Discard(part, $"{address}: {part.Length} bytes came, the file has {size}.");
        var expected = sha256 ?? (HubNames.IsSha256(etag) ? etag : null);
        var found = Convert.ToHexStringLower(_hash.GetCurrentHash());
        if (expected is not null && found != expected) throw Discard(part, $"{address}: wrong bytes came: SHA-256 is {found}, must be {expected}. Nothing was kept.");
        if (expected is not null || !HubNames.IsGitHash(etag)) return;
        var git = await GitHashAsync(part, cancellationToken);
        if (git != etag) throw Discard(part, $"{address}: wrong bytes came: git hash is {git}, must be {etag}. Nothing was kept.");
    }

    // Small files carry git's own name of their content: SHA-1 of "blob <size>\0" and the bytes.
#pragma warning disable CA5350 // a checksum given by the hub, not a protection
    private static async Task<string> GitHashAsync(FileStream part, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {part.Length}\0"));
        part.Position = 0;
        var buffer = new byte[1 << 16];
        for (int read; (read = await part.ReadAsync(buffer, cancellationToken)) > 0;) hash.AppendData(buffer, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
#pragma warning restore CA5350

    private void Restart(FileStream part)
    {
        part.SetLength(0);
        _hash.Dispose();
        _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    }

    private HubException Discard(FileStream part, string message)
    {
        part.SetLength(0);
        File.Delete(_part);
        File.Delete(_note);
        return new HubException(message);
    }

    private TimeSpan Delay(int failures) => TimeSpan.FromMilliseconds(Math.Min(8000, settings.RetryDelay.TotalMilliseconds * Math.Pow(2, failures - 1)));
}
