using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Models;

/// <summary>A model or adapter folder of a test's own, to be changed on disk.</summary>
internal sealed class ModelCopy : IDisposable
{
    private readonly R1Lab.Tests.Shared.TemporaryFolder _folder = new();

    public ModelCopy(string source) => Take(source);

    public static ModelCopy OfScripted() => new(ScriptedModel.Folder);

    public static ModelCopy OfAdapter(string name) => new(ReferenceFiles.Golden("huggingface", "adapters", name));

    public string Path => _folder.Root;

    public string File(string name) => _folder.Path(name);

    /// <summary>Replaces the files by those of another folder, as tools do: under the same name stands another file.</summary>
    public void Take(string source)
    {
        foreach (var file in Directory.GetFiles(source))
        {
            var own = File(System.IO.Path.GetFileName(file));
            System.IO.File.Delete(own);
            System.IO.File.Copy(file, own);
        }
    }

    public void Dispose() => _folder.Dispose();
}
