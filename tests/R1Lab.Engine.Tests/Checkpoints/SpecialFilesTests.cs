using System.Diagnostics;
using System.Net.Sockets;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>Files of a model folder that are no plain files: pipes, sockets and devices are refused, links followed only to where model files are kept.</summary>
public sealed class SpecialFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Files =>
        ["config.json", "model.safetensors", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", "additional_chat_templates/tool_use.jinja"];

    [Theory, MemberData(nameof(Files))]
    public async Task Read_NamedPipe_IsRefusedInsteadOfWaitedFor(string file)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "named pipes are made with mkfifo");
        var path = Model(file);
        using var made = Process.Start("mkfifo", path);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);

        var reading = Task.Run(() => Assert.Throws<BadInputException>(() => ReadAll(_folder.Path("model"))), TestContext.Current.CancellationToken);

        Assert.Contains("only regular files", (await reading.WaitAsync(Patience.For(TimeSpan.FromSeconds(30)), TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Files))]
    public void Read_Socket_IsRefused(string file)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a socket is a file on Unix only");
        var path = Model(file);
        var name = $"/tmp/r1lab-{Guid.NewGuid():N}";
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(name));
        File.Move(name, path);

        Assert.Contains("only regular files", Assert.Throws<BadInputException>(() => ReadAll(_folder.Path("model"))).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Files))]
    public void Read_LinkToADevice_IsRefused(string file)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "devices are files on Unix only");
        File.CreateSymbolicLink(Model(file), "/dev/zero");

        Assert.Contains("only regular files", Assert.Throws<BadInputException>(() => ReadAll(_folder.Path("model"))).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Files))]
    public void Read_LinkOutOfTheFolder_IsRefused(string file)
    {
        var path = Model(file, keep: true);
        File.Move(path, _folder.Path("secret"));
        File.CreateSymbolicLink(path, _folder.Path("secret"));

        Assert.Contains("leads out of the model folder", Assert.Throws<BadInputException>(() => ReadAll(_folder.Path("model"))).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Files))]
    public void Read_LinkOverASecondLinkOutOfTheFolder_IsRefused(string file)
    {
        var path = Model(file, keep: true);
        File.Move(path, _folder.Path("secret"));
        File.CreateSymbolicLink(_folder.Path("model", "second"), _folder.Path("secret"));
        File.CreateSymbolicLink(path, _folder.Path("model", "second"));

        Assert.Throws<BadInputException>(() => ReadAll(_folder.Path("model")));
    }

    [Fact]
    public void Read_FolderOfTemplatesThatIsALinkOut_IsRefused()
    {
        Model("config.json", keep: true);
        Directory.Move(_folder.Path("model", "additional_chat_templates"), _folder.Path("outside"));
        Directory.CreateSymbolicLink(_folder.Path("model", "additional_chat_templates"), _folder.Path("outside"));

        Assert.Throws<BadInputException>(() => ReadAll(_folder.Path("model")));
    }

    [Theory, MemberData(nameof(Files))]
    public void Read_LinkInsideTheFolder_IsFollowed(string file)
    {
        var path = Model(file, keep: true);
        File.Move(path, _folder.Path("model", "other"));
        File.CreateSymbolicLink(path, _folder.Path("model", "other"));

        ReadAll(_folder.Path("model"));
    }

    [Fact]
    public void Read_FolderThatIsALinkItself_IsFollowed()
    {
        Model("config.json", keep: true);
        Directory.CreateSymbolicLink(_folder.Path("linked"), _folder.Path("model"));

        ReadAll(_folder.Path("linked"));
    }

    [Fact]
    public void Read_LinkIntoAConfiguredFolder_IsFollowed()
    {
        var path = Model("model.safetensors", keep: true);
        Directory.CreateDirectory(_folder.Path("configured"));
        File.Move(path, _folder.Path("configured", "shared.safetensors"));
        File.CreateSymbolicLink(path, _folder.Path("configured", "shared.safetensors"));
        Assert.Throws<BadInputException>(() => ReadAll(_folder.Path("model")));

        BoundedFile.AllowLinksInto([_folder.Path("configured")]);

        ReadAll(_folder.Path("model"));
    }

    [Theory]
    [InlineData("models--a--b", true)]
    [InlineData("models--a--other", false)]
    public void Read_LinkToBlobs_IsFollowedInTheSameRepositoryOnly(string repository, bool follows)
    {
        Model("config.json", keep: true);
        var (blobs, snapshot) = (_folder.Path("hub", repository, "blobs"), _folder.Path("hub", "models--a--b", "snapshots", "0123456789abcdef"));
        Directory.CreateDirectory(blobs);
        Directory.CreateDirectory(Path.Combine(snapshot, "additional_chat_templates"));
        foreach (var file in Files.Select(row => row.Data).Where(file => File.Exists(_folder.Path("model", file))))
        {
            var blob = Path.Combine(blobs, file.Replace('/', '-'));
            File.Move(_folder.Path("model", file), blob);
            File.CreateSymbolicLink(Path.Combine(snapshot, file), Path.GetRelativePath(Path.GetDirectoryName(Path.Combine(snapshot, file))!, blob));
        }

        if (follows) ReadAll(snapshot);
        else Assert.Throws<BadInputException>(() => ReadAll(snapshot));
    }

    [Fact]
    public void Scan_FolderWithAPipe_ListsItAsRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "named pipes are made with mkfifo");
        using var made = Process.Start("mkfifo", Model("config.json"));
        made.WaitForExit();

        Assert.Contains("only regular files", Assert.Single(ModelFolder.Scan([_folder.Root])).Refusal, StringComparison.Ordinal);
    }

    // Everything that opens files of a model folder.
    private static void ReadAll(string folder)
    {
        ModelFolder.Open(folder);
        Tokenizer.Load(folder);
        ChatTemplate.Load(folder);
    }

    /// <summary>A small model; the named file is taken away again unless it is to be kept.</summary>
    private string Model(string file, bool keep = false)
    {
        var (from, to) = (ReferenceFiles.Golden("huggingface", "models", "llama_rope3_tied"), _folder.Path("model"));
        Directory.CreateDirectory(Path.Combine(to, "additional_chat_templates"));
        foreach (var source in Directory.GetFiles(from)) File.Copy(source, Path.Combine(to, Path.GetFileName(source)), overwrite: true);
        File.Copy(ReferenceFiles.Golden("badinput", "dev-c050_plain.tokenizer.json"), Path.Combine(to, "tokenizer.json"), overwrite: true);
        foreach (var json in (string[])["generation_config.json", "tokenizer_config.json", "special_tokens_map.json"]) File.WriteAllText(Path.Combine(to, json), "{}");
        foreach (var template in (string[])["chat_template.jinja", "additional_chat_templates/tool_use.jinja"]) File.WriteAllText(Path.Combine(to, template), "{{ messages }}");
        var path = Path.Combine(to, file);
        if (!keep) File.Delete(path);
        return path;
    }
}
