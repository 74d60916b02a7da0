namespace R1Lab.Samples;

/// <summary>Where the samples lie in the repository.</summary>
public static class SampleFolders
{
    public const string ModelName = "r1lab-demo-qwen3-3m";

    public static string Root { get; } = FindRoot();

    public static string Model { get; } = Path.Combine(Root, "models", ModelName);

    public static string FineTuningRows { get; } = Path.Combine(Root, "datasets", "two-step-problems.jsonl");

    public static string HeldOutRows { get; } = Path.Combine(Root, "datasets", "two-step-problems.held-out.jsonl");

    /// <summary>The recipe of a pre-training stage, counted from 1.</summary>
    public static string PreTrainingRecipe(int stage) => Path.Combine(Root, "recipes", $"demo-pre-training-{stage}.json");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "R1Lab.sln"))) return Path.Combine(folder.FullName, "samples");
        }

        throw new DirectoryNotFoundException("The samples belong to the repository: no R1Lab.sln above the program.");
    }
}
