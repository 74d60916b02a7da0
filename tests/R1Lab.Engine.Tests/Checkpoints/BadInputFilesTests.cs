using System.Diagnostics;
using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>The broken and the odd-but-good checkpoint files of tests/Golden/badinput, each with its verdict (promises F1-F6, F9, F10).</summary>
public sealed class BadInputFilesTests
{
    public static TheoryData<string> Safetensors() => Files("safetensors");

    [Theory]
    [MemberData(nameof(Safetensors))]
    public void Open_Safetensors_GivesTheRightVerdict(string file)
    {
        var path = ReferenceFiles.Golden("badinput", file);
        var expected = Row(file)["expect"]!;
        var clock = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Record.Exception(() =>
        {
            using var opened = SafetensorsFile.Open(path);
            foreach (var name in opened.Tensors.Keys) opened.Read(name, ComputeDevice.Cpu).Dispose();
        });

        if ((string?)expected["verdict"] == "accept") Assert.Null(refused);
        else AssertRefused(path, refused);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Patience.For(TimeSpan.FromSeconds(2)));
    }

    [Theory]
    [InlineData("dev-b003_len_u64max.safetensors", "18446744073709551615 is over the limit")]
    [InlineData("dev-b004_len_past_eof.safetensors", "1000 goes past the end")]
    [InlineData("dev-b006_name_ff.safetensors", "header byte 2: the header is not valid UTF-8")]
    [InlineData("dev-b007_open_brace.safetensors", "ends too early")]
    [InlineData("dev-b009_overlap_same.safetensors", "tensor b overlaps tensor a")]
    [InlineData("dev-b010_hole_middle.safetensors", "8 unused bytes (hole) before tensor b")]
    [InlineData("dev-b011_trailing_polyglot.safetensors", "24 bytes after the last tensor")]
    [InlineData("dev-b012_data_short_2.safetensors", "tensor a needs 16 bytes, 14 present")]
    [InlineData("dev-b013_dtype_lie.safetensors", "shape [2,2] of F32 is 16 bytes but data_offsets [0,8] cover 8")]
    [InlineData("dev-b014_dtype_unknown.safetensors", "unknown dtype F33")]
    [InlineData("dev-b015_end_before_begin.safetensors", "end is before begin")]
    [InlineData("dev-b016_shape_overflow.safetensors", "too large (overflow)")]
    [InlineData("dev-b017_dup_name.safetensors", "duplicate tensor name a")]
    [InlineData("dev-b018_metadata_number.safetensors", "step is a number")]
    public void Open_BrokenSafetensors_SaysWhy(string file, string says)
    {
        var e = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(ReferenceFiles.Golden("badinput", file)));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dev-c041_plain.safetensors", "a", new double[] { 1, 2, 3, 4 })]
    [InlineData("dev-c042_scalar.safetensors", "s", new double[] { 7 })]
    [InlineData("dev-c043_zero_size.safetensors", "e", new double[0])]
    [InlineData("dev-c044_space_padded.safetensors", "a", new double[] { 5 })]
    [InlineData("dev-c045_order_mixed.safetensors", "b", new double[] { 3, 4 })]
    public void Read_OddButGoodSafetensors_GivesItsValues(string file, string tensor, double[] values)
    {
        using var opened = SafetensorsFile.Open(ReferenceFiles.Golden("badinput", file));
        using var read = opened.Read(tensor, ComputeDevice.Cpu, TorchSharp.torch.ScalarType.Float64);

        Assert.Equal(values, read.NumberOfElements == 0 ? [] : read.data<double>().ToArray());
    }

    [Fact]
    public void Extract_ZipSlip_WritesNothing()
    {
        using var folder = new TemporaryFolder();
        var path = ReferenceFiles.Golden("badinput", "dev-b039_slip.zip");

        var refused = Record.Exception(() => ArchiveImport.Extract(path, folder.Path("out")));

        AssertRefused(path, refused);
        Assert.Contains("entry ../../evil.txt: points outside", refused!.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void Open_Pickle_IsRefusedByNameAlone()
    {
        using var folder = new TemporaryFolder();
        File.Copy(ReferenceFiles.Golden("badinput", "dev-b040_pytorch_model.bin"), folder.Path("pytorch_model.bin"));
        File.WriteAllText(folder.Path("config.json"), "{}");

        foreach (var open in (Action[])[() => ModelFolder.Open(folder.Root), () => ModelWeights.Open(folder.Root), () => SafetensorsFile.Open(folder.Path("pytorch_model.bin")), () => ModelFolder.Open(folder.Path("pytorch_model.bin"))])
        {
            var refused = Record.Exception(open);
            AssertRefused(folder.Path("pytorch_model.bin"), refused);
            Assert.Contains("pickle files are refused and never opened", refused!.Message, StringComparison.Ordinal);
        }
    }

    private static void AssertRefused(string path, Exception? refused)
    {
        Assert.IsType<BadInputException>(refused);
        Assert.Contains(Path.GetFileName(path), refused.Message, StringComparison.Ordinal);
    }

    private static TheoryData<string> Files(string kind) => [.. Index().Where(r => (string?)r["kind"] == kind).Select(r => (string)r["file"]!)];

    private static JsonNode Row(string file) => Index().First(r => (string?)r["file"] == file);

    private static IEnumerable<JsonNode> Index() => File.ReadLines(ReferenceFiles.Golden("badinput", "index.jsonl")).Select(l => JsonNode.Parse(l)!);
}
