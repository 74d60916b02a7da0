using System.Collections.Concurrent;
using R1Lab.Data.Models;
using R1Lab.Engine.Generation;

namespace R1Lab.Web.Running;

/// <summary>One base in memory with its engine thread and the adapters that were put on it.</summary>
internal sealed class ResidentModel(LoadedModel model, GenerationTurns turns) : IAsyncDisposable
{
    private readonly GenerationEngine _engine = new(model);
    private const int Closed = -1;

    private readonly ConcurrentDictionary<string, bool> _adapters = [];
    private int _users;

    /// <summary>Open sessions.</summary>
    public int Users => Math.Max(0, Volatile.Read(ref _users));

    public DateTimeOffset LastUsed { get; private set; } = DateTimeOffset.UtcNow;

    public long MemoryBytes { get; } = model.Decoder.MemoryBytes;

    /// <summary>Bytes of base and adapters.</summary>
    public long AllBytes => model.MemoryBytes;

    /// <summary>Bytes of a number it computes with.</summary>
    public int Element { get; } = model.Decoder.Dtype == TorchSharp.torch.ScalarType.Float32 ? 4 : 2;

    /// <summary>Whether an adapter is in memory already.</summary>
    public bool Has(RegisteredModel adapter) => _adapters.ContainsKey(NameOf(adapter));

    /// <summary>Puts an adapter on the base once; its record id names it, so that a renamed model stays the same.</summary>
    public async Task AttachAsync(RegisteredModel adapter)
    {
        if (Has(adapter)) return;
        await Task.Run(() => model.AddAdapter(NameOf(adapter), adapter.Path));
        _adapters[NameOf(adapter)] = true;
    }

    /// <summary>A session of a model that is in memory with its adapter; null while either is not, or once the base is being unloaded.</summary>
    public ModelSession? TryOpen(string name, RegisteredModel? adapter, int mostWaiting)
    {
        if (adapter is not null && !Has(adapter)) return null;
        for (var users = Volatile.Read(ref _users); users != Closed; users = Volatile.Read(ref _users))
        {
            if (Interlocked.CompareExchange(ref _users, users + 1, users) != users) continue;
            return new ModelSession(name, adapter is null ? null : NameOf(adapter), model, _engine, turns, mostWaiting, Release);
        }

        return null;
    }

    /// <summary>Takes no more sessions; false while one is open.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref _users, Closed, 0) == 0;

    public async ValueTask DisposeAsync()
    {
        await Task.Run(_engine.Dispose);
        model.Dispose();
    }

    private static string NameOf(RegisteredModel adapter) => $"{adapter.Id}";

    private void Release()
    {
        LastUsed = DateTimeOffset.UtcNow;
        Interlocked.Decrement(ref _users);
    }
}
