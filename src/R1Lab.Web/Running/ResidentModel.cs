using R1Lab.Data.Models;
using R1Lab.Engine.Generation;

namespace R1Lab.Web.Running;

/// <summary>One base in memory with its engine thread and the adapters that were put on it.</summary>
internal sealed class ResidentModel(LoadedModel model, GenerationTurns turns) : IAsyncDisposable
{
    private readonly GenerationEngine _engine = new(model);
    private readonly HashSet<string> _adapters = [];
    private int _users;

    public int Users => Volatile.Read(ref _users);

    public DateTimeOffset LastUsed { get; private set; } = DateTimeOffset.UtcNow;

    public long MemoryBytes { get; } = model.Decoder.MemoryBytes;

    /// <summary>Bytes of base and adapters.</summary>
    public long AllBytes => model.MemoryBytes;

    /// <summary>Bytes of a number it computes with.</summary>
    public int Element { get; } = model.Decoder.Dtype == TorchSharp.torch.ScalarType.Float32 ? 4 : 2;

    /// <summary>Whether an adapter is in memory already.</summary>
    public bool Has(RegisteredModel adapter) => _adapters.Contains($"{adapter.Id}");

    /// <summary>Puts an adapter on the base once; its record id names it, so that a renamed model stays the same.</summary>
    public async Task<string> AttachAsync(RegisteredModel adapter)
    {
        var name = $"{adapter.Id}";
        if (!_adapters.Contains(name))
        {
            await Task.Run(() => model.AddAdapter(name, adapter.Path));
            _adapters.Add(name);
        }

        return name;
    }

    public ModelSession Open(string name, string? adapter, int mostWaiting)
    {
        Interlocked.Increment(ref _users);
        return new ModelSession(name, adapter, model, _engine, turns, mostWaiting, Release);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.Run(_engine.Dispose);
        model.Dispose();
    }

    private void Release()
    {
        LastUsed = DateTimeOffset.UtcNow;
        Interlocked.Decrement(ref _users);
    }
}
