namespace R1Lab.Web.Tests.Durability;

/// <summary>Temporary copies of imports that a killed program left are gone after the next start.</summary>
public sealed class ImportLeftoversAtStartTests
{
    [Fact]
    public void Start_AfterAKill_RemovesHalfWrittenCopies()
    {
        using var data = new TemporaryFolder();
        using (var before = Lab(data.Path)) before.CreateClient().Dispose();
        var run = Path.Combine(data.Path, "runs", "7");
        var copy = Directory.CreateDirectory(Path.Combine(run, "adapter.0123.r1lab-tmp"));
        File.WriteAllText(Path.Combine(copy.FullName, "adapter_model.safetensors"), "half");
        File.WriteAllText(Path.Combine(run, "receipt.json"), "{}");

        using var lab = Lab(data.Path);
        using var client = lab.CreateClient();

        Assert.Equal(["receipt.json"], Directory.EnumerateFileSystemEntries(run).Select(Path.GetFileName));
    }

    private static LabHost Lab(string folder) => LabHost.With(new() { ["Lab:DataFolder"] = folder });
}
