using System.Security.Cryptography;
using System.Text;

namespace R1Lab.Data.Datasets;

internal static class DatasetExport
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static async Task WriteAsync(
        IAsyncEnumerable<DatasetRowEntity> rows, string? trailing, Stream target, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(target, Utf8, bufferSize: 1 << 16, leaveOpen: true);
        await foreach (var piece in PiecesAsync(rows, trailing).WithCancellation(cancellationToken))
            await writer.WriteAsync(piece.AsMemory(), cancellationToken);
    }

    public static async Task<string> HashAsync(
        IAsyncEnumerable<DatasetRowEntity> rows, string? trailing, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (var piece in PiecesAsync(rows, trailing).WithCancellation(cancellationToken)) hash.AppendData(Utf8.GetBytes(piece));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async IAsyncEnumerable<string> PiecesAsync(IAsyncEnumerable<DatasetRowEntity> rows, string? trailing)
    {
        string? lineEnd = null;
        await foreach (var row in rows)
        {
            // A last line without an end keeps none only as long as it is last.
            if (lineEnd is not null) yield return lineEnd.Length == 0 ? "\n" : lineEnd;
            yield return row.Leading + row.Line;
            lineEnd = row.LineEnd ?? "\n";
        }

        yield return lineEnd + trailing;
    }
}
