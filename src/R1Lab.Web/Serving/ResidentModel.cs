using R1Lab.Data.Models;
using R1Lab.Engine.Generation;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Serving;

/// <summary>One base in memory with its engine thread and the adapters that were put on it.</summary>
internal sealed class ResidentModel(LoadedModel model, GenerationTurns turns, int mostWaiting, ILogger log) : IAsyncDisposable
{
    private readonly GenerationEngine _engine = new(
        model, mostWaiting: mostWaiting, onFailure: error => log.LogError(error, "All answers of {Folder} failed", model.Folder));

    private readonly Lock _gate = new();
    private readonly Dictionary<ModelKey, int> _adapterUsers = [];
    private int _users;
    private bool _closed;

    /// <summary>Open sessions.</summary>
    public int Users
    {
        get
        {
            lock (_gate) return _users;
        }
    }

    public DateTimeOffset LastUsed { get; private set; } = DateTimeOffset.UtcNow;

    public long MemoryBytes { get; } = model.Decoder.MemoryBytes;

    /// <summary>Bytes of base and adapters.</summary>
    public long AllBytes => model.MemoryBytes;

    /// <summary>Bytes of a number it computes with.</summary>
    public int Element { get; } = model.Decoder.Dtype == TorchSharp.torch.ScalarType.Float32 ? 4 : 2;

    /// <summary>Whether an adapter is in memory already, with the files it was registered with.</summary>
    public bool Has(RegisteredModel adapter)
    {
        lock (_gate) return _adapterUsers.ContainsKey(ModelKey.Of(adapter));
    }

    /// <summary>Puts an adapter on the base once; record id and fingerprint name it, so that a renamed model stays the same and a replaced one does not.</summary>
    public async Task AttachAsync(RegisteredModel adapter)
    {
        if (Has(adapter)) return;
        var key = ModelKey.Of(adapter);
        await Task.Run(() => model.AddAdapter(NameOf(key), adapter.Path));
        lock (_gate)
        {
            _adapterUsers[key] = 0;
            foreach (var replaced in _adapterUsers.Keys.Where(other => other.Id == key.Id && other != key).ToList()) Drop(replaced);
        }
    }

    /// <summary>A session of a model that is in memory with its adapter; null while either is not, or once the base is being unloaded.</summary>
    public LocalEngine? TryOpen(string name, RegisteredModel? adapter)
    {
        ModelKey? key = adapter is null ? null : ModelKey.Of(adapter);
        lock (_gate)
        {
            if (_closed || (key is { } wanted && !_adapterUsers.ContainsKey(wanted))) return null;
            _users++;
            if (key is { } used) _adapterUsers[used]++;
        }

        return new LocalEngine(name, key is { } at ? NameOf(at) : null, model, _engine, turns, () => Release(key));
    }

    /// <summary>Whether other files stand on disk now than those that it, or the adapter, was loaded from.</summary>
    public bool HasChangedFiles(RegisteredModel? adapter) => model.HasChangedFiles(adapter is null ? null : NameOf(ModelKey.Of(adapter)));

    /// <summary>Takes no more sessions; false while one is open.</summary>
    public bool TryClose()
    {
        lock (_gate) return _closed = _users == 0;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.Run(_engine.Dispose);
        model.Dispose();
    }

    private static string NameOf(ModelKey adapter) => $"{adapter.Id}:{adapter.Fingerprint}";

    private void Release(ModelKey? adapter)
    {
        LastUsed = DateTimeOffset.UtcNow;
        lock (_gate)
        {
            _users--;
            if (adapter is not { } key) return;
            _adapterUsers[key]--;
            if (_adapterUsers.Keys.Any(other => other.Id == key.Id && other != key)) Drop(key);
        }
    }

    // An adapter whose files were replaced serves the sessions that began with it.
    private void Drop(ModelKey replaced)
    {
        if (_adapterUsers[replaced] > 0) return;
        _adapterUsers.Remove(replaced);
        model.RemoveAdapter(NameOf(replaced));
    }
}
