using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Options;

namespace R1Lab.Web.Running;

/// <summary>A folder that looked like a model and was refused.</summary>
public sealed record RefusedFolder(string Path, string Reason);

/// <summary>Finds and registers model and adapter folders, and knows what can be said about them without loading weights.</summary>
public sealed class ModelLibrary(ModelStore models, IOptions<LabOptions> options)
{
    private readonly string[] _roots = Trusted([.. options.Value.ModelFolders, Path.Combine(options.Value.SamplesFolder, "models")]);
    private readonly ConcurrentDictionary<string, Lazy<Described>> _described = new(StringComparer.Ordinal);

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
        return found ?? throw new ModelUnavailableException($"The base model of the adapter '{model.Name}' is not registered: register it, then the adapter again.", new BadInputException(model.Path));
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
                await AddAsync(finder, listing.Folder!, listing.Name, null, cancellation);
            }
            catch (BadInputException e)
            {
                refused.Add(new RefusedFolder(listing.Path, e.Message));
            }
        }

        Refused = refused;
    }

    /// <summary>Registers one folder after checking every header and every shape.</summary>
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
        if (name is not null && await models.FindByPathAsync(folder.Path, cancellation) is { } known && known.Name != name)
            await models.RenameAsync(actor, known.Id, name, cancellation); // the folder was known already: who gives it a name means it
        return await AddAsync(actor, folder, name, baseName, cancellation);
    }

    /// <summary>Tokenizer, template and limits of a base, read once.</summary>
    public async Task<ModelVocabulary> VocabularyAsync(RegisteredModel root, string name, CancellationToken cancellation)
    {
        try
        {
            var described = await Task.Run(() => Describe(root.Path), cancellation);
            return new ModelVocabulary(name, described.Tokenizer.Value, described.Template.Value, described.Generation, described.Config.VocabSize, described.Config.MaxPositions);
        }
        catch (Exception e) when (e is BadInputException or IOException or UnauthorizedAccessException)
        {
            throw new ModelUnavailableException($"The model '{name}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Most tokens of the model in a folder; null while it cannot be read.</summary>
    public int? MaxLengthOf(string path) => TryDescribe(path)?.Config.MaxPositions;

    /// <summary>Shape of the model in a folder.</summary>
    /// <exception cref="BadInputException">The folder cannot be read.</exception>
    public DecoderConfig ShapeOf(string path) => Describe(path).Config;

    /// <summary>Whether the model in a folder can be talked to: it has a tokenizer and a chat template.</summary>
    public bool CanChat(string path) => TryDescribe(path) is { HasTokenizer: true, HasTemplate: true };

    // A model's files may be links into any folder the operator configured for models.
    private static string[] Trusted(string[] roots)
    {
        BoundedFile.AllowLinksInto(roots);
        return roots;
    }

    private async Task<RegisteredModel> AddAsync(Actor actor, ModelFolder folder, string? name, string? baseName, CancellationToken cancellation)
    {
        var record = folder.Kind == ModelFolderKind.Model ? OfModel(folder, name) : await OfAdapterAsync(folder, name, baseName, cancellation);
        _described.TryRemove(folder.Path, out _); // its files may have changed since they were last read
        return await models.RegisterFolderAsync(actor, record, cancellation);
    }

    private static RegisteredModel OfModel(ModelFolder folder, string? name)
    {
        var config = DecoderConfig.Parse(folder.ConfigJson, Path.Combine(folder.Path, ModelFolder.ConfigFileName));
        ModelFolderCheck.Weights(folder.Path, config);
        return new RegisteredModel
        {
            Name = name ?? Path.GetFileName(folder.Path),
            Path = folder.Path,
            Kind = ModelKind.Base,
            Family = config.Family.ToString().ToLowerInvariant(),
            ParameterCount = config.ParameterCount,
            Dtype = config.Dtype,
            Fingerprint = folder.Fingerprint,
        };
    }

    private async Task<RegisteredModel> OfAdapterAsync(ModelFolder folder, string? name, string? baseName, CancellationToken cancellation)
    {
        var root = await FindBaseAsync(folder, baseName, cancellation);
        var config = Describe(root.Path).Config;
        ModelFolderCheck.Adapter(folder.Path, config);
        return new RegisteredModel
        {
            Name = name ?? $"{root.Name}:{Path.GetFileName(folder.Path)}",
            Path = folder.Path,
            Kind = ModelKind.Adapter,
            BaseModelId = root.Id,
            Family = root.Family,
            Fingerprint = folder.Fingerprint,
        };
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
                $"names \"{wanted}\", which is not a registered model; register it first or say which one is meant");
    }

    private Described? TryDescribe(string path)
    {
        try
        {
            return Describe(path);
        }
        catch (Exception e) when (e is BadInputException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private Described Describe(string path) => _described.GetOrAdd(path, p => new Lazy<Described>(() => Described.Read(p))).Value;

    private sealed record Described(DecoderConfig Config, GenerationDefaults Generation, Lazy<Tokenizer?> Tokenizer, Lazy<ChatTemplate?> Template)
    {
        public required bool HasTokenizer { get; init; }

        /// <summary>Asked of the file names alone: reading a large vocabulary for a list would take seconds.</summary>
        public required bool HasTemplate { get; init; }

        public static Described Read(string path)
        {
            var folder = ModelFolder.Open(path);
            return new Described(
                DecoderConfig.Parse(folder.ConfigJson, Path.Combine(path, ModelFolder.ConfigFileName)),
                folder.Generation,
                new Lazy<Tokenizer?>(() => folder.HasTokenizer ? Engine.Tokenization.Tokenizer.Load(path) : null),
                new Lazy<ChatTemplate?>(() => ChatTemplate.Load(path)))
            {
                HasTokenizer = folder.HasTokenizer,
                HasTemplate = File.Exists(Path.Combine(path, "chat_template.jinja")) || File.Exists(Path.Combine(path, "tokenizer_config.json")),
            };
        }
    }
}
