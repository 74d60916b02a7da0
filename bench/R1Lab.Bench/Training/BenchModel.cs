namespace R1Lab.Bench.Training;

/// <summary>A model folder to measure: one that is there, or a named shape with random weights that goes away with this.</summary>
internal sealed class BenchModel : IDisposable
{
    private const string DemoName = "r1lab-demo-qwen3-3m";
    private readonly bool _temporary;

    private BenchModel(string name, string folder, bool temporary) => (Name, Folder, _temporary) = (name, folder, temporary);

    public string Name { get; }

    public string Folder { get; }

    /// <param name="name"><c>demo</c>, <c>8b</c> (DeepSeek-R1-Distill-Llama-8B), a key of <see cref="PublishedShapes.All"/> or a model folder.</param>
    public static BenchModel Open(string name)
    {
        if (name == "demo") return new(name, SourcePlace.Find("samples", "models", DemoName) ?? throw new DirectoryNotFoundException($"samples/models/{DemoName} was not found above the working folder."), temporary: false);
        if (!PublishedShapes.All.TryGetValue(name == "8b" ? "distill-llama-8b" : name, out var config)) return new(Path.GetFileName(Path.TrimEndingDirectorySeparator(name)), name, temporary: false);
        var folder = Directory.CreateTempSubdirectory("r1lab-bench-").FullName;
        RandomModel.Write(config, folder);
        return new(name, folder, temporary: true);
    }

    public void Dispose()
    {
        if (_temporary) Directory.Delete(Folder, recursive: true);
    }
}
