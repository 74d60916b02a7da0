using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Native;
using R1Lab.Web.Options;

namespace R1Lab.Web.Running;

/// <summary>
/// Keeps models in memory: each base once, with any number of adapters on it. A base that nobody uses makes room when another is asked for.
/// </summary>
public sealed class ModelHost(ModelLibrary library, ModelRoom room, GenerationTurns turns, IOptions<LabOptions> options, ILogger<ModelHost> log) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<int, ResidentModel> _residents = [];
    private readonly ConcurrentDictionary<int, string> _failures = [];
    private int? _loading;

    private ServingOptions Serving => options.Value.Serving;

    /// <summary>Something was loaded, unloaded or failed. Raised on any thread.</summary>
    public event Action? Changed;

    /// <summary>Of the weights of all loaded bases.</summary>
    public long MemoryBytes => _residents.Values.Sum(resident => resident.MemoryBytes);

    /// <summary>Every registered model with its load state.</summary>
    public async Task<IReadOnlyList<HostedModel>> ListAsync(CancellationToken cancellation = default)
    {
        var records = await library.ListAsync(cancellation);
        var known = records.ToDictionary(r => r.Id);
        return [.. records.Select(record => record.BaseModelId is { } id && known.TryGetValue(id, out var root)
            ? Describe(record, root.Name, root.Path)
            : Describe(record, null, record.Path))];
    }

    /// <summary>Loads what is needed and opens a session.</summary>
    /// <param name="name">A registered name; null takes the only or first base.</param>
    /// <param name="cancellation">Ends the waiting; a load that began is finished for the next caller.</param>
    /// <exception cref="ModelUnavailableException">There is no such model, or it does not load.</exception>
    public async Task<ModelSession> OpenAsync(string? name, CancellationToken cancellation = default)
    {
        if (LibTorch.Failure is { } failure) throw new ModelUnavailableException(failure, new LibTorchException(failure));
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
            throw new ModelUnavailableException($"The model '{record.Name}' cannot be loaded: {e.Message}", e);
        }
        finally
        {
            _gate.Release();
        }

        ModelSession? Loaded() => _residents.GetValueOrDefault(root.Id)?.TryOpen(record.Name, adapter, Serving.MostWaiting);
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
            if (!_residents.TryGetValue(modelId, out var resident)) return true;
            return await TryRemoveAsync(modelId, resident);
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
            ? new ModelUnavailableException("No model is registered yet.") { Exists = true } // nothing is wrong with the request
            : new ModelUnavailableException($"The model '{name}' does not exist."));

    private async Task<ResidentModel> ResidentAsync(RegisteredModel root, RegisteredModel asked)
    {
        if (_residents.TryGetValue(root.Id, out var resident)) return resident;
        _loading = root.Id;
        _failures.TryRemove(root.Id, out _);
        Changed?.Invoke();
        try
        {
            await MakeRoomAsync(asked.Name, room.NeedsOf(library.ShapeOf(root.Path), asked.Id == root.Id ? null : asked), isNew: true);
            var loaded = await Task.Run(() => LoadedModel.Load(root.Path, ComputeDevice.Default(), capacity: room.Read()));
            log.LogInformation("Loaded {Model} from {Path}", root.Name, root.Path);
            return _residents[root.Id] = new ResidentModel(loaded, turns);
        }
        catch (Exception e) when (e is not ModelBusyException)
        {
            _failures[root.Id] = e.Message;
            throw;
        }
        finally
        {
            _loading = null;
            Changed?.Invoke();
        }
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
        List<KeyValuePair<int, ResidentModel>> Idle() => [.. _residents.Where(r => r.Value.Users == 0 && r.Value != keep).OrderBy(r => r.Value.LastUsed)];
        room.Demand(name, needs, Idle().Sum(r => r.Value.AllBytes), _residents.Values.Where(r => r.Users > 0 && r != keep).Sum(r => r.AllBytes));
        while ((isNew && _residents.Count >= Serving.MostLoaded) || !room.Fits(needs))
        {
            if (Idle() is not [var idle, ..])
                throw isNew && _residents.Count >= Serving.MostLoaded ? new ModelBusyException("Every place for a model in memory is in use.") : room.Refusal(name, needs, 0);
            await TryRemoveAsync(idle.Key, idle.Value);
        }
    }

    /// <summary>False when somebody uses it.</summary>
    private async Task<bool> TryRemoveAsync(int modelId, ResidentModel resident)
    {
        if (!resident.TryClose()) return false;
        _residents.TryRemove(modelId, out _);
        await resident.DisposeAsync();
        Changed?.Invoke();
        return true;
    }

    private HostedModel Describe(RegisteredModel record, string? baseName, string path)
    {
        var root = record.BaseModelId ?? record.Id;
        var resident = _residents.GetValueOrDefault(root);
        var failure = _failures.GetValueOrDefault(root);
        var state = resident is not null ? LoadState.Loaded : _loading == root ? LoadState.Loading : failure is null ? LoadState.NotLoaded : LoadState.Failed;
        return new HostedModel(record, baseName, library.MaxLengthOf(path), library.CanChat(path), state, failure, resident?.MemoryBytes);
    }
}
