using System.Net;
using R1Lab.Engine.Checkpoints;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>Promise F17: downloads that break, lie, redirect and meet each other.</summary>
public sealed class HubClientTests : IDisposable
{
    private const string Weights = "model.safetensors";

    private readonly TemporaryFolder _folder = new();
    private readonly FakeHub _hub = new();
    private readonly byte[] _bytes = new byte[1_000_003];

    public HubClientTests()
    {
        new Random(7).NextBytes(_bytes);
        _hub.Large[Weights] = _bytes;
        _hub.Small["config.json"] = "{\"model_type\":\"llama\"}"u8.ToArray();
        _hub.Small["pytorch_model.bin"] = [0x80, 2];
        _hub.Small["additional_chat_templates/tool_use.jinja"] = "模板"u8.ToArray();
    }

    public void Dispose()
    {
        _hub.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Download_Model_MakesTheCacheOfHuggingFacesTools()
    {
        using var client = new HubClient(Settings() with { Token = "hf_secret" });
        var progress = new List<HubProgress>();

        var snapshot = await client.DownloadAsync("lab/tiny", onProgress: progress.Add, cancellationToken: Stop);

        var repository = _folder.Path("models--lab--tiny");
        Assert.Equal(Path.Combine(repository, "snapshots", FakeHub.Commit), snapshot);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshot, Weights), Stop));
        Assert.Equal($"../../blobs/{FakeHub.Sha256(_bytes)}", new FileInfo(Path.Combine(snapshot, Weights)).LinkTarget);
        Assert.Equal($"../../../blobs/{FakeHub.GitHash(_hub.Small["additional_chat_templates/tool_use.jinja"])}", new FileInfo(Path.Combine(snapshot, "additional_chat_templates", "tool_use.jinja")).LinkTarget);
        Assert.Equal(FakeHub.Commit, await File.ReadAllTextAsync(Path.Combine(repository, "refs", "main"), Stop));
        Assert.Equal(3, Directory.GetFiles(Path.Combine(repository, "blobs")).Length);
        Assert.False(Path.Exists(Path.Combine(snapshot, "pytorch_model.bin")));
        Assert.All(_hub.Requests, r => Assert.Equal("Bearer hf_secret", r.Token));
        Assert.Equal(progress[^1].Size, progress[^1].Bytes);
    }

    [Fact]
    public async Task Download_Twice_AsksForNoBytesAgain()
    {
        using var client = new HubClient(Settings());
        await client.DownloadAsync("lab/tiny", cancellationToken: Stop);
        var sent = _hub.BodiesSent;

        await client.DownloadAsync("lab/tiny", cancellationToken: Stop);

        Assert.Equal(sent, _hub.BodiesSent);
    }

    [Fact]
    public async Task Download_BreaksAtHalf_GoesOnByRange()
    {
        var broken = 0;
        _hub.Intercept = context =>
        {
            if (!IsWeights(context) || context.Request.Headers["Range"] is not null || Interlocked.Exchange(ref broken, 1) == 1) return false;
            FakeHub.Break(context, _bytes, _bytes.Length / 2);
            return true;
        };
        using var client = new HubClient(Settings());

        var snapshot = await client.DownloadAsync("lab/tiny", cancellationToken: Stop);

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshot, Weights), Stop));
        Assert.Contains(_hub.Requests, r => r.Method == "GET" && r.Range is not null && r.Range != "bytes=0-");
    }

    [Fact]
    public async Task Download_StoppedAndStartedAgain_KeepsWhatHadArrived()
    {
        _hub.Intercept = context =>
        {
            if (!IsWeights(context)) return false;
            FakeHub.Break(context, _bytes, 600_000);
            return true;
        };
        using (var first = new HubClient(Settings() with { Retries = 1 })) await Assert.ThrowsAsync<HubException>(() => first.DownloadAsync("lab/tiny", cancellationToken: Stop));
        var part = Assert.Single(Directory.GetFiles(_folder.Path("models--lab--tiny", "blobs"), "*.r1lab-part"));
        var kept = new FileInfo(part).Length;
        _hub.Intercept = null;

        using var second = new HubClient(Settings());
        var snapshot = await second.DownloadAsync("lab/tiny", cancellationToken: Stop);

        Assert.InRange(kept, 1, 600_000);
        Assert.Contains(_hub.Requests, r => r.Range == $"bytes={kept}-");
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshot, Weights), Stop));
        Assert.Empty(Directory.GetFiles(_folder.Path("models--lab--tiny", "blobs"), "*.r1lab-part*"));
    }

    [Fact]
    public async Task Download_RangeIsIgnored_StartsOver()
    {
        var broken = 0;
        _hub.Intercept = context =>
        {
            if (!IsWeights(context)) return false;
            if (Interlocked.Exchange(ref broken, 1) == 0) FakeHub.Break(context, _bytes, _bytes.Length / 2);
            else
            {
                context.Response.ContentLength64 = _bytes.Length; // 200 although a range was asked for
                context.Response.OutputStream.Write(_bytes);
                context.Response.Close();
            }

            return true;
        };
        using var client = new HubClient(Settings());

        var snapshot = await client.DownloadAsync("lab/tiny", cancellationToken: Stop);

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshot, Weights), Stop));
    }

    [Fact]
    public async Task Download_AlwaysBreaksAndIgnoresRange_GivesUp()
    {
        _hub.Intercept = context =>
        {
            if (!IsWeights(context)) return false;
            FakeHub.Break(context, _bytes, 300_000);
            return true;
        };
        using var client = new HubClient(Settings());

        var e = await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync("lab/tiny", cancellationToken: Stop));

        Assert.Contains(Weights, e.Message, StringComparison.Ordinal);
        Assert.InRange(_hub.Requests.Count(r => r.Method == "GET" && r.Path.EndsWith(Weights, StringComparison.Ordinal)), 5, 10);
    }

    [Fact]
    public async Task Download_WrongBytesOfTheRightSize_AreRefusedAndNothingIsKept()
    {
        var wrong = (byte[])_bytes.Clone();
        wrong[500] ^= 1;
        _hub.Intercept = context =>
        {
            if (!IsWeights(context)) return false;
            context.Response.ContentLength64 = wrong.Length;
            context.Response.OutputStream.Write(wrong);
            context.Response.Close();
            return true;
        };
        using var client = new HubClient(Settings());

        var e = await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync("lab/tiny", wanted: f => f.Path == Weights, cancellationToken: Stop));

        Assert.Contains($"SHA-256 is {FakeHub.Sha256(wrong)}, must be {FakeHub.Sha256(_bytes)}", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path("models--lab--tiny", "blobs")));
        Assert.False(Directory.Exists(_folder.Path("models--lab--tiny", "snapshots")));
    }

    [Fact]
    public async Task Download_WrongSmallFile_IsFoundByItsGitHash()
    {
        _hub.Intercept = context =>
        {
            if (context.Request.HttpMethod != "GET" || !context.Request.RawUrl!.EndsWith("config.json", StringComparison.Ordinal)) return false;
            var wrong = "{\"model_type\":\"lLama\"}"u8;
            context.Response.ContentLength64 = wrong.Length;
            context.Response.OutputStream.Write(wrong);
            context.Response.Close();
            return true;
        };
        using var client = new HubClient(Settings());

        var e = await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync("lab/tiny", cancellationToken: Stop));

        Assert.Contains("git hash", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_BytesAtAnotherHost_NeverSendsTheTokenThere()
    {
        using var bytes = new FakeHub("localhost");
        bytes.Large[Weights] = _bytes;
        _hub.ByteServer = bytes.Address;
        using var client = new HubClient(Settings() with { Token = "hf_secret" });

        var snapshot = await client.DownloadAsync("lab/tiny", cancellationToken: Stop);

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshot, Weights), Stop));
        Assert.NotEmpty(bytes.Requests);
        Assert.All(bytes.Requests, r => Assert.Null(r.Token));
    }

    [Fact]
    public async Task List_RedirectedToAnotherHost_IsNotFollowed()
    {
        using var other = new FakeHub("localhost");
        _hub.Intercept = context => Redirect(context, $"{other.Address}{context.Request.RawUrl}");
        using var client = new HubClient(Settings() with { Token = "hf_secret" });

        await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync("lab/tiny", cancellationToken: Stop));

        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Download_RenamedRepository_FollowsRelativeRedirects()
    {
        _hub.Intercept = context => context.Request.RawUrl!.Contains("/old-name", StringComparison.Ordinal) && Redirect(context, context.Request.RawUrl.Replace("/old-name", "/tiny", StringComparison.Ordinal));
        using var client = new HubClient(Settings());

        var snapshot = await client.DownloadAsync("lab/old-name", cancellationToken: Stop);

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshot, Weights), Stop));
    }

    [Fact]
    public async Task Download_TwoAtOnce_LoadsEveryFileOnce()
    {
        using var one = new HubClient(Settings());
        using var two = new HubClient(Settings());

        var snapshots = await Task.WhenAll(one.DownloadAsync("lab/tiny", cancellationToken: Stop), two.DownloadAsync("lab/tiny", cancellationToken: Stop));

        Assert.Equal(snapshots[0], snapshots[1]);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshots[0], Weights), Stop));
        Assert.Equal(3, _hub.BodiesSent);
    }

    [Fact]
    public async Task Download_FirstEndpointDown_AMirrorGivesTheFiles_WithoutTheToken()
    {
        using var mirror = new FakeHub();
        mirror.Large[Weights] = _bytes;
        mirror.Small["config.json"] = "{}"u8.ToArray();
        _hub.Intercept = context => Status(context, 503);
        using var client = new HubClient(Settings() with { Token = "hf_secret", Mirrors = [mirror.Address] });

        var snapshot = await client.DownloadAsync("lab/tiny", cancellationToken: Stop);

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshot, Weights), Stop));
        Assert.All(mirror.Requests, r => Assert.Null(r.Token));
    }

    [Fact]
    public async Task Download_BusyHub_IsAskedAgain()
    {
        var refusals = 0;
        _hub.Intercept = context => IsWeights(context) && Interlocked.Increment(ref refusals) <= 3 && Status(context, 429);
        using var client = new HubClient(Settings());

        var snapshot = await client.DownloadAsync("lab/tiny", cancellationToken: Stop);

        Assert.True(File.Exists(Path.Combine(snapshot, Weights)));
    }

    [Theory]
    [InlineData(401, "token")]
    [InlineData(403, "gated")]
    [InlineData(404, "no such repository")]
    public async Task Download_Refused_SaysWhatToDo(int status, string says)
    {
        _hub.Intercept = context => Status(context, status);
        using var client = new HubClient(Settings());

        var e = await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync("lab/tiny", cancellationToken: Stop));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode)status, e.Status);
        Assert.Single(_hub.Requests);
    }

    [Fact]
    public async Task Download_StandsStill_IsGivenUpInTime()
    {
        using var hold = new ManualResetEventSlim();
        _hub.Intercept = context =>
        {
            if (!IsWeights(context)) return false;
            context.Response.ContentLength64 = _bytes.Length;
            context.Response.OutputStream.Write(_bytes, 0, 1000);
            context.Response.OutputStream.Flush();
            hold.Wait(TimeSpan.FromSeconds(20));
            context.Response.Abort();
            return true;
        };
        using var client = new HubClient(Settings() with { DownloadTimeout = TimeSpan.FromMilliseconds(200), Retries = 1 });

        var e = await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync("lab/tiny", wanted: f => f.Path == Weights, cancellationToken: Stop));

        hold.Set();
        Assert.Contains("nothing came for 0.2 s", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_Offline_UsesTheCacheAndAsksNobody()
    {
        using (var online = new HubClient(Settings())) await online.DownloadAsync("lab/tiny", cancellationToken: Stop);
        var asked = _hub.Requests.Count;
        using var offline = new HubClient(Settings() with { Offline = true });

        var snapshot = await offline.DownloadAsync("lab/tiny", cancellationToken: Stop);
        var e = await Assert.ThrowsAsync<HubException>(() => offline.DownloadAsync("lab/other", cancellationToken: Stop));

        Assert.True(File.Exists(Path.Combine(snapshot, Weights)));
        Assert.Contains("offline", e.Message, StringComparison.Ordinal);
        Assert.Equal(asked, _hub.Requests.Count);
    }

    [Fact]
    public async Task Download_OfflineAndBlobGone_NamesTheFile()
    {
        using (var online = new HubClient(Settings())) await online.DownloadAsync("lab/tiny", cancellationToken: Stop);
        File.Delete(_folder.Path("models--lab--tiny", "blobs", FakeHub.Sha256(_bytes)));
        using var offline = new HubClient(Settings() with { Offline = true });

        var e = await Assert.ThrowsAsync<HubException>(() => offline.DownloadAsync("lab/tiny", cancellationToken: Stop));

        Assert.Contains(Weights, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_OnlyPickleWeights_IsRefusedByName()
    {
        _hub.Large.Clear();
        using var client = new HubClient(Settings());

        var e = await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync("lab/tiny", cancellationToken: Stop));

        Assert.Contains("pytorch_model.bin", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, _hub.BodiesSent);
    }

    [Theory]
    [InlineData("../evil.json")]
    [InlineData("/etc/evil.json")]
    [InlineData("a//b.json")]
    [InlineData("a\\b.json")]
    public async Task Download_HubNamesAFileOutside_IsRefused(string name)
    {
        _hub.Small[name] = "{}"u8.ToArray();
        using var client = new HubClient(Settings());

        var e = await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync("lab/tiny", cancellationToken: Stop));

        Assert.Contains("is not allowed", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Theory]
    [InlineData("../x", "main")]
    [InlineData("a/b/c", "main")]
    [InlineData("a--b/c", "main")]
    [InlineData("lab/tiny", "../main")]
    [InlineData("lab/tiny", "")]
    public async Task Download_BadName_IsRefusedWithoutAskingAnybody(string repository, string revision)
    {
        using var client = new HubClient(Settings());

        await Assert.ThrowsAsync<HubException>(() => client.DownloadAsync(repository, revision, cancellationToken: Stop));

        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task Download_LinksDisabled_CopiesInstead()
    {
        using var client = new HubClient(Settings() with { DisableSymlinks = true });

        var snapshot = await client.DownloadAsync("lab/tiny", cancellationToken: Stop);

        Assert.Null(new FileInfo(Path.Combine(snapshot, Weights)).LinkTarget);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Path.Combine(snapshot, Weights), Stop));
    }

    [Fact]
    public void FromEnvironment_Variables_AreReadAsHuggingFaceDoes()
    {
        var variables = new Dictionary<string, string>
        {
            ["HF_ENDPOINT"] = "https://mirror.example/",
            ["HF_HOME"] = _folder.Root,
            ["HF_HUB_OFFLINE"] = "yes",
            ["HF_HUB_DISABLE_SYMLINKS"] = "0",
            ["HF_HUB_DOWNLOAD_TIMEOUT"] = "30",
        };
        File.WriteAllText(_folder.Path("token"), "hf_from_file\n");

        var settings = HubSettings.FromEnvironment(variables.GetValueOrDefault);
        var other = HubSettings.FromEnvironment(name => name switch { "XDG_CACHE_HOME" => "/cache", "HF_TOKEN" => " hf_x ", "TRANSFORMERS_OFFLINE" => "1", _ => null });

        Assert.Equal(("https://mirror.example", _folder.Path("hub"), "hf_from_file", true, false), (settings.Endpoint, settings.CacheFolder, settings.Token, settings.Offline, settings.DisableSymlinks));
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10)), (settings.DownloadTimeout, settings.EtagTimeout));
        Assert.Equal(("https://huggingface.co", Path.Combine("/cache", "huggingface", "hub"), "hf_x", true), (other.Endpoint, other.CacheFolder, other.Token, other.Offline));
        Assert.DoesNotContain("hf_", settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_HomeThatDoesNotExist_StillNamesItsFolders()
    {
        // Never relative to wherever the program was started, and never below the root.
        var cache = HubSettings.FromEnvironment(name => name == "HF_HUB_CACHE" ? "~/hub" : null).CacheFolder;

        Assert.Equal(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), "hub"), cache);
    }

    [Fact]
    public void Settings_TokenFileThatCannotBeRead_IsSaidAndLeftOut()
    {
        var locked = _folder.Path("locked");
        using var held = new FileStream(locked, FileMode.Create, FileAccess.Write, FileShare.None);

        var settings = HubSettings.FromEnvironment(name => name == "HF_TOKEN_PATH" ? locked : null);

        Assert.Null(settings.Token);
        Assert.Equal([("hub_token_unreadable", "HF_TOKEN_PATH")], settings.Problems().Select(problem => (problem.Code, problem.Field)));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private HubSettings Settings() => new() { Endpoint = _hub.Address, CacheFolder = _folder.Root, RetryDelay = TimeSpan.FromMilliseconds(1) };

    private static bool IsWeights(HttpListenerContext context) => context.Request.HttpMethod == "GET" && context.Request.RawUrl!.EndsWith(Weights, StringComparison.Ordinal);

    private static bool Status(HttpListenerContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Close();
        return true;
    }

    private static bool Redirect(HttpListenerContext context, string to)
    {
        context.Response.StatusCode = 307;
        context.Response.RedirectLocation = to;
        context.Response.Close();
        return true;
    }
}
