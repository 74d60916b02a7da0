using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Native;
using R1Lab.Web.Notifications;
using R1Lab.Web.Options;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Serving;

/// <summary>
/// Keeps models in memory: each base once, with any number of adapters on it. A base that nobody uses makes room when another is asked for.
/// </summary>
public sealed class ModelHost(ModelLibrary library, ModelRoom room, GenerationTurns turns, IOptions<LabOptions> options, ILogger<ModelHost> log) : IAsyncDisposable
{
    private static readonly Problem FilesChanged = new("files_changed", "path", ProblemSeverity.Warning,
        "Files of this model were changed or replaced after it was loaded. It answers as it was loaded; register its folder again to use the new ones.");

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<ModelKey, ResidentModel> _residents = [];
    private readonly ConcurrentDictionary<ModelKey, string> _failures = [];
    private ModelKey? _loading;

    private ServingOptions Serving => options.Value.Serving;

    /// <summary>Something was loaded, unloaded or failed.</summary>
    public Watchers<ModelHost> Changes { get; } = new(log);

    /// <summary>Of the weights of all loaded bases.</summary>
    public long MemoryBytes => _residents.Values.Sum(resident => resident.MemoryBytes);

    /// <summary>Every registered model with its load state.</summary>
    public async Task<IReadOnlyList<HostedModel>> ListAsync(CancellationToken cancellation = default)
    {
        var records = await library.ListAsync(cancellation);
        var known = records.ToDictionary(r => r.Id);
        HostedModel Describe(RegisteredModel record) => record.BaseModelId is { } id && known.TryGetValue(id, out var root) ? Picture(record, root, root.Name) : Picture(record, record, null);
        return await Task.Run(() => records.Select(Describe).ToList(), cancellation);
    }

    /// <summary>Loads what is needed and opens a session.</summary>
    /// <param name="name">A registered name; null takes the only or first base.</param>
    /// <param name="cancellation">Ends the waiting; a load that began is finished for the next caller.</param>
    /// <exception cref="ModelUnavailableException">There is no such model, or it does not load.</exception>
    public async Task<LocalEngine> OpenAsync(string? name, CancellationToken cancellation = default)
    {
        if (LibTorch.Failure is { } failure) throw new ModelUnavailableException("compute_missing", $"{failure}", new LibTorchException(failure));
        var record = await FindAsync(name, cancellation);
        var root = await library.BaseOfAsync(record, cancellation);
        var adapter = record.Id == root.Id ? null : record;
        if (Loaded() is { } session) return session; // what is in memory never waits for another model's loading
        await _gate.WaitAsync(cancellation);
        try
        {
            var resident = await ResidentAsync(root, record);
            if (adapter is not null) await AttachAsync(resident, adapter);
            return Loaded() ?? throw new InvalidOperationException("A model was unloaded while its load was under way.");
        }
        catch (Exception e) when (e is BadInputException or IOException or UnauthorizedAccessException or MemoryRefusedException || OutOfMemory.Is(e))
        {
            throw new ModelUnavailableException("model_not_loaded", $"The model '{record.Name}' cannot be loaded: {e}", e);
        }
        finally
        {
            _gate.Release();
        }

        LocalEngine? Loaded() => _residents.GetValueOrDefault(ModelKey.Of(root))?.TryOpen(record.Name, adapter);
    }

    /// <summary>What can be known without loading weights.</summary>
    /// <exception cref="ModelUnavailableException">There is no such model.</exception>
    public async Task<ModelVocabulary> OpenVocabularyAsync(string? name, CancellationToken cancellation = default)
    {
        var record = await FindAsync(name, cancellation);
        var root = await library.BaseOfAsync(record, cancellation);
        return await library.VocabularyAsync(root, record.Name, cancellation);
    }

    /// <summary>Gives a base's memory back unless somebody uses it.</summary>
    /// <returns>Whether it is out of memory now.</returns>
    public async Task<bool> UnloadAsync(Actor actor, int modelId, CancellationToken cancellation = default)
    {
        actor.Demand(LabRight.Train);
        await _gate.WaitAsync(cancellation);
        try
        {
            var isOut = true;
            foreach (var (key, resident) in _residents.Where(resident => resident.Key.Id == modelId)) isOut &= await TryRemoveAsync(key, resident);
            return isOut;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        foreach (var resident in _residents.Values) await resident.DisposeAsync();
        _residents.Clear();
        _gate.Dispose();
    }

    private async Task<RegisteredModel> FindAsync(string? name, CancellationToken cancellation) =>
        await (name is null ? library.FirstBaseAsync(cancellation) : library.FindAsync(name, cancellation))
        ?? throw (name is null
            ? new ModelUnavailableException("model_none", $"No model is registered yet.") { Exists = true } // nothing is wrong with the request
            : new ModelUnavailableException("model_unknown", $"The model '{name}' does not exist."));

    private async Task<ResidentModel> ResidentAsync(RegisteredModel root, RegisteredModel asked)
    {
        var key = ModelKey.Of(root);
        if (_residents.TryGetValue(key, out var resident)) return resident;
        await RemoveReplacedAsync(key);
        _loading = key;
        Changes.Publish(this);
        try
        {
            var description = await Task.Run(() => ModelDescription.Read(root.Path));
            await MakeRoomAsync(asked.Name, room.NeedsOf(description.Config, asked.Id == root.Id ? null : asked), isNew: true);
            var loaded = await Task.Run(() => LoadedModel.Load(description, ComputeDevice.Default(), capacity: room.Read()));
            log.LogInformation("Loaded {Model} from {Path}", root.Name, root.Path);
            return _residents[key] = new ResidentModel(loaded, turns, Serving.MostWaiting, log);
        }
        catch (Exception e) when (e is not ModelBusyException)
        {
            _failures[key] = e.Message;
            throw;
        }
        finally
        {
            _loading = null;
            Changes.Publish(this);
        }
    }

    /// <summary>What was read of the same model before its files were replaced; what is still in use goes when it is idle.</summary>
    private async Task RemoveReplacedAsync(ModelKey key)
    {
        foreach (var failed in _failures.Keys.Where(failed => failed.Id == key.Id)) _failures.TryRemove(failed, out _);
        foreach (var (other, resident) in _residents.Where(resident => resident.Key.Id == key.Id && resident.Key != key)) await TryRemoveAsync(other, resident);
    }

    private async Task AttachAsync(ResidentModel resident, RegisteredModel adapter)
    {
        if (resident.Has(adapter)) return;
        await MakeRoomAsync(adapter.Name, room.NeedsOf(adapter, resident), isNew: false, resident);
        await resident.AttachAsync(adapter);
    }

    // Counted before anything is unloaded: a model that does not fit anyhow costs nobody theirs.
    private async Task MakeRoomAsync(string name, ServingNeeds needs, bool isNew, ResidentModel? keep = null)
    {
        List<KeyValuePair<ModelKey, ResidentModel>> Idle() => [.. _residents.Where(r => r.Value.Users == 0 && r.Value != keep).OrderBy(r => r.Value.LastUsed)];
        room.Demand(name, needs, Idle().Sum(r => r.Value.AllBytes), _residents.Values.Where(r => r.Users > 0 && r != keep).Sum(r => r.AllBytes));
        while ((isNew && _residents.Count >= Serving.MostLoaded) || !room.Fits(needs))
        {
            if (Idle() is not [var idle, ..])
                throw isNew && _residents.Count >= Serving.MostLoaded ? new ModelBusyException("Every place for a model in memory is in use.") : room.Refusal(name, needs, 0);
            await TryRemoveAsync(idle.Key, idle.Value);
        }
    }

    /// <summary>False when somebody uses it.</summary>
    private async Task<bool> TryRemoveAsync(ModelKey key, ResidentModel resident)
    {
        if (!resident.TryClose()) return false;
        _residents.TryRemove(key, out _);
        await resident.DisposeAsync();
        Changes.Publish(this);
        return true;
    }

    private HostedModel Picture(RegisteredModel record, RegisteredModel root, string? baseName)
    {
        var key = ModelKey.Of(root);
        var (resident, failure, summary) = (_residents.GetValueOrDefault(key), _failures.GetValueOrDefault(key), library.SummaryOf(root));
        var state = resident is not null ? LoadState.Loaded : _loading == key ? LoadState.Loading : failure is null ? LoadState.NotLoaded : LoadState.Failed;
        var findings = summary?.Findings ?? [];
        if (resident?.HasChangedFiles(record == root ? null : record) == true) findings = [.. findings, FilesChanged];
        return new HostedModel(record, baseName, summary?.Config.MaxPositions, summary?.CanChat == true, state, failure, resident?.MemoryBytes) { Findings = findings };
    }
}
