using System.Diagnostics;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>
/// A file that is cut or written to while tensors look into it: numbers and process stay. Run in a process of their own, which a page that is gone from
/// the file would end.
/// </summary>
public sealed class CutFilesTests : IDisposable
{
    private const string Own = "R1LAB_TEST_CUT_FILES";
    private const int Count = 3_000_001; // not a whole number of pages
    private const int Alignment = 64; // float32 weights are looked into where a tensor of libtorch's own could begin

    private readonly TemporaryFolder _folder = new();

    private static bool IsOwn => Environment.GetEnvironmentVariable(Own) == "1";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_InAProcessOfTheirOwn_Pass()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Windows does not cut mapped files.");
        if (!IsOwn) await OwnProcess.RunAsync([typeof(CutFilesTests)], (Own, "1"));
    }

    [Theory]
    [InlineData(": > weights.safetensors")]
    [InlineData("head -c 5000 /dev/zero > weights.safetensors")]
    [InlineData("dd if=/dev/zero of=weights.safetensors bs=4096 count=4 conv=notrunc status=none")]
    [InlineData("until truncate -s 100 weights.safetensors 2> errors; do sleep 0.1; done")]
    [InlineData("cat weights.safetensors > other && mv other weights.safetensors")]
    [InlineData("rm weights.safetensors")]
    public async Task Read_FileChangedAfterwards_KeepsTheNumbers(string command)
    {
        if (!IsOwn) return;
        using var scope = NewDisposeScope();
        var (file, expected) = Write();
        using var opened = SafetensorsFile.Open(file);
        var tensor = opened.Read("w", ComputeDevice.Cpu);

        await ShellAsync(command);

        Assert.True(tensor.Equals(expected));
        tensor.add_(1); // still writable, and no one else's
        Assert.True(tensor.Equals(expected + 1));
    }

    [Fact]
    public async Task Read_FileClosedThenCut_KeepsTheNumbersAndWhatWasWrittenToThem()
    {
        if (!IsOwn) return;
        using var scope = NewDisposeScope();
        var (file, expected) = Write();
        var opened = SafetensorsFile.Open(file);
        var tensor = opened.Read("w", ComputeDevice.Cpu);
        opened.Dispose();
        tensor.add_(1);

        await ShellAsync(": > weights.safetensors");

        Assert.True(tensor.Equals(expected + 1));
    }

    /// <summary>No lease is given on a file that somebody writes to: it is read into memory.</summary>
    [Fact]
    public void Read_FileOpenForWriting_IsNotLookedInto()
    {
        if (!IsOwn) return;
        using var scope = NewDisposeScope();
        var (file, expected) = Write();
        using var writer = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        using var opened = SafetensorsFile.Open(file);
        var tensor = opened.Read("w", ComputeDevice.Cpu);

        writer.SetLength(0);

        Assert.True(tensor.Equals(expected));
    }

    [Fact]
    public async Task Read_FileCutBeforeATensorIsRead_IsAnErrorThatNamesTheFile()
    {
        if (!IsOwn) return;
        var (file, _) = Write();
        using var opened = SafetensorsFile.Open(file);

        await ShellAsync("truncate -s 5000 weights.safetensors");

        var error = Assert.Throws<BadInputException>(() => opened.Read("w", ComputeDevice.Cpu));
        Assert.Contains("weights.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forward_WeightsCutWhileItComputes_GivesTheSameLogits()
    {
        if (!IsOwn) return;
        foreach (var file in Directory.GetFiles(ReferenceFiles.Golden("huggingface", "models", "llama_base"))) CopyAligned(file);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var decoder = ModelLoader.Load(_folder.Root, ComputeDevice.Cpu);
        var ids = arange(10, dtype: ScalarType.Int64).view(1, 10);
        var expected = decoder.Forward(ids, new());

        var cut = ShellAsync(": > model.safetensors");
        while (!cut.IsCompleted) Assert.True(decoder.Forward(ids, new()).Equals(expected));
        await cut;

        Assert.True(decoder.Forward(ids, new()).Equals(expected));
    }

    private (string File, Tensor Values) Write()
    {
        var (file, values) = (_folder.Path("weights.safetensors"), arange(Count, dtype: ScalarType.Int64));
        SafetensorsWriter.Write(file, [new("w", values)]);
        return (file, values);
    }

    private void CopyAligned(string file)
    {
        var copy = _folder.Path(Path.GetFileName(file));
        if (!file.EndsWith(".safetensors", StringComparison.Ordinal)) File.Copy(file, copy);
        else PaddedHeader.Write(file, copy, Alignment - (int)((BitConverter.ToInt64(File.ReadAllBytes(file)) + sizeof(long)) % Alignment));
    }

    private async Task ShellAsync(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { WorkingDirectory = _folder.Root, UseShellExecute = false, RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, errors);
    }
}
