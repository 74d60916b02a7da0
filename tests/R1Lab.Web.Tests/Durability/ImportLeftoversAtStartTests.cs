namespace R1Lab.Web.Tests.Durability;

/// <summary>Temporary copies of imports that a killed program left are gone after the next start.</summary>
public sealed class ImportLeftoversAtStartTests
{
    [Fact]
    public void Start_AfterAKill_RemovesHalfWrittenCopies()
    {
        using var lab = new LabHost();
        var folder = Directory.CreateDirectory(Path.Combine(lab.Folder.Path, "runs", "7", "adapter.0123.r1lab-tmp"));
        File.WriteAllText(Path.Combine(folder.FullName, "adapter_model.safetensors"), "half");
        File.WriteAllText(Path.Combine(lab.Folder.Path, "runs", "7", "receipt.json"), "{}");

        using var client = lab.CreateClient();

        Assert.Equal(["receipt.json"], Directory.EnumerateFileSystemEntries(Path.Combine(lab.Folder.Path, "runs", "7")).Select(Path.GetFileName));
    }
}
