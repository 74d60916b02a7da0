using Microsoft.Extensions.Options;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Engine;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using R1Lab.Web.Options;

namespace R1Lab.Web.Serving;

/// <summary>A folder that looked like a model and was refused.</summary>
public sealed record RefusedFolder(string Path, string Reason);

/// <summary>Finds and registers model and adapter folders, and knows what can be said about them without loading weights.</summary>
public sealed class ModelLibrary(ModelStore models, IOptions<LabOptions> options)
{
    private readonly string[] _roots = Trusted([.. options.Value.ModelFolders, Path.Combine(options.Value.SamplesFolder, "models")]);
    private readonly DescribedModels _described = new();

    /// <summary>What the last scan could not use.</summary>
    public IReadOnlyList<RefusedFolder> Refused { get; private set; } = [];

    public Task<IReadOnlyList<RegisteredModel>> ListAsync(CancellationToken cancellation) => models.ListAsync(cancellation);

    public Task<RegisteredModel?> FindAsync(string name, CancellationToken cancellation) => models.FindAsync(name, cancellation);

    public async Task<RegisteredModel?> FirstBaseAsync(CancellationToken cancellation) =>
        (await models.ListAsync(cancellation)).Where(m => m.BaseModelId is null && m.Kind != ModelKind.Adapter).MinBy(m => m.Id);

    /// <summary>The model itself, or the one an adapter sits on.</summary>
    /// <exception cref="ModelUnavailableException">The adapter's base is not registered.</exception>
    public async Task<RegisteredModel> BaseOfAsync(RegisteredModel model, CancellationToken cancellation)
    {
        if (model.Kind != ModelKind.Adapter) return model;
        var found = model.BaseModelId is { } id ? await models.GetAsync(id, cancellation) : null;
        return found ?? throw new ModelUnavailableException(
            "model_base_missing", $"The base model of the adapter '{model.Name}' is not registered: register it, then the adapter again.", new BadInputException(model.Path));
    }

    /// <summary>Registers every model below the configured folders; adapters after the models they sit on.</summary>
    public async Task ScanAsync(Actor actor, CancellationToken cancellation)
    {
        actor.Demand(LabRight.Train);
        var finder = Actor.System("model scan"); // what the lab finds belongs to no one
        var found = await Task.Run(() => ModelFolder.Scan(_roots).ToList(), cancellation);
        var refused = found.Where(f => f.Folder is null).Select(f => new RefusedFolder(f.Path, f.Refusal!)).ToList();
        foreach (var listing in found.Where(f => f.Folder is not null).OrderBy(f => f.Folder!.Kind))
        {
            try
            {
                await StoreAsync(finder, await ReadAsync(listing.Folder!, listing.Name, null, cancellation), cancellation);
            }
            catch (Exception e) when (e is BadInputException or IOException or UnauthorizedAccessException)
            {
                refused.Add(new RefusedFolder(listing.Path, e.Message));
            }
        }

        Refused = refused;
    }

    /// <summary>Registers one folder that passed every check that loading makes before it reads weights.</summary>
    /// <param name="actor">Becomes the owner of a folder that was not known.</param>
    /// <param name="path">A model or adapter folder.</param>
    /// <param name="name">What to call it; null takes the folder's name (an adapter's: <c>base:folder</c>).</param>
    /// <param name="baseName">The base of an adapter whose own description names none that is known.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="BadInputException">The folder cannot be used; file, tensor and reason are named.</exception>
    /// <exception cref="RecordConflictException">Another folder has this name.</exception>
    /// <exception cref="NotAllowedException">The folder is known by another name and belongs to somebody else.</exception>
    public async Task<RegisteredModel> RegisterAsync(Actor actor, string path, string? name, string? baseName, CancellationToken cancellation)
    {
        var folder = await Task.Run(() => ModelFolder.Open(path), cancellation);
        if (name is not null && await models.FindAsync(name, cancellation) is { } other && other.Path != folder.Path)
            throw new RecordConflictException($"There is another model named \"{name}\" already.");
        var candidate = await ReadAsync(folder, name, baseName, cancellation);
        if (name is not null && await models.FindByPathAsync(folder.Path, cancellation) is { } known && known.Name != name)
            await models.RenameAsync(actor, known.Id, name, cancellation); // the folder was known already: who gives it a name means it
        return await StoreAsync(actor, candidate, cancellation);
    }

    /// <summary>Tokenizer, template and limits of a base, read once.</summary>
    public async Task<ModelVocabulary> VocabularyAsync(RegisteredModel root, string name, CancellationToken cancellation)
    {
        try
        {
            var described = await Task.Run(() => _described.DescriptionOf(root), cancellation);
            return new ModelVocabulary(name, described.Text, described.Folder.Generation, described.Config);
        }
        catch (Exception e) when (e is BadInputException or IOException or UnauthorizedAccessException)
        {
            throw new ModelUnavailableException("model_unreadable", $"The model '{name}' cannot be read: {e}", e);
        }
    }

    /// <summary>What is known of a base without its weights; null while its folder cannot be used.</summary>
    public ModelSummary? SummaryOf(RegisteredModel root)
    {
        try
        {
            return _described.SummaryOf(root);
        }
        catch (Exception e) when (e is BadInputException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether a base can be talked to: it has a tokenizer and a chat template that can be used.</summary>
    public bool CanChat(RegisteredModel root) => SummaryOf(root) is { CanChat: true };

    // A model's files may be links into any folder the operator configured for models.
    private static string[] Trusted(string[] roots)
    {
        BoundedFile.AllowLinksInto(roots);
        return roots;
    }

    private async Task<RegisteredModel> StoreAsync(Actor actor, Candidate candidate, CancellationToken cancellation)
    {
        var stored = await models.RegisterFolderAsync(actor, candidate.Record, cancellation);
        if (candidate.Summary is { } summary) _described.Keep(stored, summary);
        return stored;
    }

    private async Task<Candidate> ReadAsync(ModelFolder folder, string? name, string? baseName, CancellationToken cancellation)
    {
        if (folder.Kind == ModelFolderKind.Model) return await Task.Run(() => OfModel(folder.Path, name), cancellation);
        var root = await FindBaseAsync(folder, baseName, cancellation);
        return await Task.Run(() => OfAdapter(folder, root, name), cancellation);
    }

    private static Candidate OfModel(string path, string? name)
    {
        var model = ModelDescription.Read(path);
        return new Candidate(
            new RegisteredModel
            {
                Name = name ?? Path.GetFileName(path),
                Path = path,
                Kind = ModelKind.Base,
                Family = model.Config.Family.ToString().ToLowerInvariant(),
                ParameterCount = model.Config.ParameterCount,
                Dtype = model.Folder.Dtype,
                Fingerprint = model.Folder.Fingerprint,
            },
            ModelSummary.Of(model));
    }

    private Candidate OfAdapter(ModelFolder folder, RegisteredModel root, string? name)
    {
        AdapterFit.Check(folder.Path, _described.SummaryOf(root).Config);
        return new Candidate(
            new RegisteredModel
            {
                Name = name ?? $"{root.Name}:{Path.GetFileName(folder.Path)}",
                Path = folder.Path,
                Kind = ModelKind.Adapter,
                BaseModelId = root.Id,
                Family = root.Family,
                Dtype = folder.Dtype,
                Fingerprint = folder.Fingerprint,
            },
            null);
    }

    // An adapter names its base as its maker did: a repository, a path, or a folder name that exists here too.
    private async Task<RegisteredModel> FindBaseAsync(ModelFolder folder, string? baseName, CancellationToken cancellation)
    {
        var wanted = baseName ?? folder.Adapter?.BaseModelNameOrPath;
        var bases = (await models.ListAsync(cancellation)).Where(m => m.Kind != ModelKind.Adapter).ToList();
        return bases.Find(m => m.Name == wanted)
            ?? bases.Find(m => wanted is not null && Path.IsPathRooted(wanted) && m.Path == Path.TrimEndingDirectorySeparator(Path.GetFullPath(wanted)))
            ?? bases.Find(m => wanted is not null && Path.GetFileName(m.Path) == Path.GetFileName(Path.TrimEndingDirectorySeparator(wanted)))
            ?? throw new BadInputException(Path.Combine(folder.Path, PeftAdapterConfig.FileName), "base_model_name_or_path",
                "base_unknown", $"names \"{wanted}\", which is not a registered model; register it first or say which one is meant");
    }

    /// <summary>A folder that may be registered.</summary>
    /// <param name="Summary">Of a model; an adapter has none of its own.</param>
    private sealed record Candidate(RegisteredModel Record, ModelSummary? Summary);
}
