using R1Lab.Engine;

namespace R1Lab.Web.Uploads;

/// <summary>The datasets that come with the lab.</summary>
public static class SampleDatasets
{
    // Rows that no training may see are named so.
    private const string HeldOut = ".held-out.jsonl";

    /// <summary>The file to tune the demo model with.</summary>
    /// <exception cref="BadInputException">The samples folder does not hold it.</exception>
    public static string FineTune(string samplesFolder)
    {
        var folder = Path.Combine(samplesFolder, "datasets");
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.jsonl") : [];
        return files.Order(StringComparer.Ordinal).FirstOrDefault(f => !f.EndsWith(HeldOut, StringComparison.Ordinal)) ?? throw new BadInputException(folder, null, "no_sample_dataset", $"there is no sample dataset here");
    }
}
