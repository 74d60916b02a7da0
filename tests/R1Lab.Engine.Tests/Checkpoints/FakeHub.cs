using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>A model hub on this machine: one repository, one commit, and the misbehaviour a test asks for.</summary>
internal sealed class FakeHub : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly HttpListener _listener = new();
    private readonly Task _loop;

    public FakeHub(string host = "127.0.0.1")
    {
        for (var attempt = 0; ; attempt++)
        {
            Port = FreePort();
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add($"http://{host}:{Port}/");
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (attempt < 5)
            {
                // somebody else took the port in between
            }
        }

        Address = $"http://{host}:{Port}";
        _loop = Task.Run(ServeAsync);
    }

    public int Port { get; }

    public string Address { get; }

    public Dictionary<string, byte[]> Large { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, byte[]> Small { get; } = new(StringComparer.Ordinal);

    /// <summary>Method, path, Range and Authorization of every request.</summary>
    public ConcurrentQueue<(string Method, string Path, string? Range, string? Token)> Requests { get; } = new();

    /// <summary>Given a request; true when it answered itself.</summary>
    public Func<HttpListenerContext, bool>? Intercept { get; set; }

    /// <summary>Where large files' bytes are; null serves them here.</summary>
    public string? ByteServer { get; set; }

    public int BodiesSent;

    public void Dispose()
    {
        _listener.Close();
        _loop.GetAwaiter().GetResult();
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

#pragma warning disable CA5350 // git's name of a file
    public static string GitHash(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));
#pragma warning restore CA5350

    /// <summary>Sends the first part of a body, then breaks the connection.</summary>
    public static void Break(HttpListenerContext context, byte[] body, int sent)
    {
        context.Response.ContentLength64 = body.Length;
        context.Response.OutputStream.Write(body, 0, sent);
        context.Response.OutputStream.Flush();
        context.Response.Abort();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            _ = Task.Run(() => Answer(context));
        }
    }

    private void Answer(HttpListenerContext context)
    {
        var request = context.Request;
        Requests.Enqueue((request.HttpMethod, request.RawUrl!, request.Headers["Range"], request.Headers["Authorization"]));
        try
        {
            if (Intercept?.Invoke(context) == true) return;
            var path = Uri.UnescapeDataString(request.Url!.AbsolutePath);
            if (path.StartsWith("/api/", StringComparison.Ordinal)) AnswerList(context, path);
            else if (path.StartsWith("/cdn/", StringComparison.Ordinal)) SendBytes(context, Large.Values.First(b => Sha256(b) == path[5..]));
            else AnswerFile(context, path[(path.IndexOf($"/resolve/{Commit}/", StringComparison.Ordinal) + $"/resolve/{Commit}/".Length)..]);
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            context.Response.Abort(); // the client went away, or asked for what is not there
        }
    }

    private void AnswerList(HttpListenerContext context, string path)
    {
        JsonNode json = path.Contains("/revision/", StringComparison.Ordinal)
            ? new JsonObject { ["sha"] = Commit, ["siblings"] = new JsonArray([.. Large.Keys.Concat(Small.Keys).Select(f => new JsonObject { ["rfilename"] = f })]) }
            : new JsonArray([
                .. Large.Select(f => new JsonObject { ["type"] = "file", ["path"] = f.Key, ["size"] = f.Value.Length, ["oid"] = GitHash([]), ["lfs"] = new JsonObject { ["oid"] = Sha256(f.Value), ["size"] = f.Value.Length } }),
                .. Small.Select(f => new JsonObject { ["type"] = "file", ["path"] = f.Key, ["size"] = f.Value.Length, ["oid"] = GitHash(f.Value) }),
                new JsonObject { ["type"] = "directory", ["path"] = "sub" },
            ]);
        Send(context, Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    private void AnswerFile(HttpListenerContext context, string file)
    {
        var response = context.Response;
        response.Headers["X-Repo-Commit"] = Commit;
        if (Small.TryGetValue(file, out var small))
        {
            response.Headers["ETag"] = $"\"{GitHash(small)}\"";
            SendBytes(context, small);
        }
        else if (Large.TryGetValue(file, out var large))
        {
            response.Headers["X-Linked-Etag"] = $"\"{Sha256(large)}\"";
            response.Headers["X-Linked-Size"] = $"{large.Length}";
            if (ByteServer is null)
            {
                SendBytes(context, large);
                return;
            }

            response.StatusCode = 302;
            response.RedirectLocation = $"{ByteServer}/cdn/{Sha256(large)}";
            response.Close();
        }
        else
        {
            response.StatusCode = 404;
            response.Close();
        }
    }

    private void SendBytes(HttpListenerContext context, byte[] bytes)
    {
        var from = context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..^1]) : 0;
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers["Content-Range"] = $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
        }

        if (context.Request.HttpMethod == "GET") Interlocked.Increment(ref BodiesSent);
        Send(context, bytes[from..]);
    }

    private static void Send(HttpListenerContext context, byte[] bytes)
    {
        context.Response.ContentLength64 = bytes.Length;
        if (context.Request.HttpMethod == "GET") context.Response.OutputStream.Write(bytes);
        context.Response.Close();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
