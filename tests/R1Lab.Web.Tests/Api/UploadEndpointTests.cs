using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace R1Lab.Web.Tests.Api;

/// <summary>A file in pieces, over a line that breaks.</summary>
public sealed class UploadEndpointTests(LabHost lab) : IClassFixture<LabHost>
{
    private const string Uploads = "/api/v1/uploads";
    private static readonly byte[] Whole = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 200).Select(i => $"{{\"prompt\":\"{i}+1?\",\"response\":\"{i + 1}\"}}\n")));
    private readonly HttpClient _client = lab.ApiClient();

    [Fact]
    public async Task Upload_InPieces_BecomesADatasetNamedLikeTheFile()
    {
        var id = await BeginAsync("sums.jsonl", Whole.Length);

        var (_, half) = await PutAsync(id, 0, new ByteArrayContent(Whole[..1000]));
        var early = await _client.RefusedAsync($"{Uploads}/{id}/dataset", new { });
        var (_, all) = await PutAsync(id, 1000, new ByteArrayContent(Whole[1000..]));
        var made = await _client.AskAsync($"{Uploads}/{id}/dataset", new { });

        Assert.Equal((1000, 409, Whole.Length), (half["received"].Int(), early.Status, all["received"].Int()));
        Assert.Equal(("sums", 200), (made["name"].Str(), made["rows"].Int()));
        Assert.Equal(Whole, await _client.GetByteArrayAsync($"/api/v1/datasets/{made["id"].Int()}/export", TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetJsonAsync($"{Uploads}/{id}")).Status);
    }

    [Fact]
    public async Task Upload_WrongOffset_IsToldWhereToGoOn()
    {
        var id = await BeginAsync("a.jsonl", 100);
        await PutAsync(id, 0, new ByteArrayContent(Whole[..40]));

        var (again, first) = await PutAsync(id, 0, new ByteArrayContent(Whole[..40]));
        var (ahead, second) = await PutAsync(id, 60, new ByteArrayContent(Whole[60..100]));

        Assert.Equal((HttpStatusCode.Conflict, 40, HttpStatusCode.Conflict, 40), (again, first["received"].Int(), ahead, second["received"].Int()));
    }

    [Fact]
    public async Task Upload_ConnectionBreaksInAPiece_GoesOnFromWhatArrived()
    {
        var id = await BeginAsync("broken.jsonl", Whole.Length);
        await Assert.ThrowsAnyAsync<Exception>(() => PutAsync(id, 0, new StreamContent(new BreakingStream(Whole, 3000))));

        var received = await GoOnAsync(id);
        var made = await _client.AskAsync($"{Uploads}/{id}/dataset", new { });

        Assert.InRange(received, 0, 3000);
        Assert.Equal(Whole, await _client.GetByteArrayAsync($"/api/v1/datasets/{made["id"].Int()}/export", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Upload_MoreThanAnnounced_IsTooLarge()
    {
        var id = await BeginAsync("long.jsonl", 10);

        var (status, error) = await PutAsync(id, 0, new ByteArrayContent(Whole[..11]));

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "too_large"), (status, error["error"]!["code"].Str()));
        Assert.Equal(0, (await _client.GetJsonAsync($"{Uploads}/{id}")).Body["received"].Int());
    }

    [Fact]
    public async Task Upload_NameWithAPath_StaysInItsFolder()
    {
        var id = await BeginAsync("../../../etc/evil.jsonl", 10);

        Assert.Equal("evil.jsonl", (await _client.GetJsonAsync($"{Uploads}/{id}")).Body["file_name"].Str());
        Assert.Equal([id], Directory.GetFileSystemEntries(Path.Combine(lab.Folder.Path, "uploads"), id).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Upload_BadRequests_NameTheField()
    {
        Assert.Equal("file_name", (await _client.RefusedAsync(Uploads, new { length = 5 })).Field);
        Assert.Equal("length", (await _client.RefusedAsync(Uploads, new { file_name = "a" })).Field);
        Assert.Equal("length", (await _client.RefusedAsync(Uploads, new { file_name = "a", length = 1L << 50 })).Field);
        Assert.Equal(HttpStatusCode.NotFound, (await PutAsync("nobody", 0, new ByteArrayContent([1]))).Status);
        var id = await BeginAsync("b.jsonl", 5);
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.SendAsync(HttpMethod.Put, $"{Uploads}/{id}", new ByteArrayContent([1]))).Status);
    }

    [Fact]
    public async Task Upload_Removed_IsForgotten()
    {
        var id = await BeginAsync("c.jsonl", 5);

        var (removed, _) = await _client.SendAsync(HttpMethod.Delete, $"{Uploads}/{id}");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (removed, (await _client.GetJsonAsync($"{Uploads}/{id}")).Status));
        Assert.False(File.Exists(Path.Combine(lab.Folder.Path, "uploads", id)));
    }

    private async Task<string> BeginAsync(string name, long length) => (await _client.AskAsync(Uploads, new { file_name = name, length }))["id"].Str();

    private Task<(HttpStatusCode Status, JsonNode Body)> PutAsync(string id, long offset, HttpContent piece)
    {
        piece.Headers.Add("Upload-Offset", $"{offset}");
        return _client.SendAsync(HttpMethod.Put, $"{Uploads}/{id}", piece);
    }

    // The server notices a broken connection in its own time, and until then may still be writing what came over it.
    private async Task<int> GoOnAsync(string id)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(1); DateTime.UtcNow < deadline; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            var received = (await _client.GetJsonAsync($"{Uploads}/{id}")).Body["received"].Int();
            if ((await PutAsync(id, received, new ByteArrayContent(Whole[received..]))).Status == HttpStatusCode.OK) return received;
        }

        throw new TimeoutException("The rest of the file was not taken.");
    }

    private sealed class BreakingStream(byte[] bytes, int breaksAt) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= breaksAt ? throw new IOException("the line broke") : await base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, breaksAt - Position)], cancellationToken);
    }
}
