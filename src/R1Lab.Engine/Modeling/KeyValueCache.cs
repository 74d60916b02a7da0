using R1Lab.Engine.Devices;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// Keys and values of the tokens seen so far, one pair of [B,KvHeads,capacity,HeadDim] tensors a layer. Space is taken ahead and grows by blocks.
/// A pass writes behind <see cref="Length"/> and counts only when every layer is done, so a failed pass can simply be run again.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    internal const long BlockSize = 256;
    private const long CheckedGrowth = 16L << 20; // asking the system costs more than smaller ones
    private readonly Decoder _decoder;
    private readonly Tensor?[] _keys;
    private readonly Tensor?[] _values;

    /// <param name="decoder">The model the cache belongs to; gives layers, heads, device and dtype.</param>
    /// <param name="batch">Rows that share one length.</param>
    /// <param name="capacity">Tokens to take space for at once.</param>
    public KeyValueCache(Decoder decoder, long batch = 1, long capacity = 0)
    {
        _decoder = decoder;
        Batch = batch;
        Capacity = Blocks(capacity);
        _keys = new Tensor?[decoder.BlockCount];
        _values = new Tensor?[decoder.BlockCount];
    }

    public long Batch { get; }

    /// <summary>Tokens held.</summary>
    public long Length { get; private set; }

    /// <summary>Tokens there is space for.</summary>
    public long Capacity { get; private set; }

    /// <summary>Bytes taken on the device.</summary>
    public long Bytes
    {
        get
        {
            var total = 0L;
            foreach (var tensor in _keys.Concat(_values)) total += tensor is null ? 0 : tensor.numel() * tensor.element_size();
            return total;
        }
    }

    /// <summary>Writes one layer's keys and values [B,KvHeads,T,HeadDim] behind the held ones and returns all of them as views [B,KvHeads,Length+T,HeadDim].</summary>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var added = keys.size(2);
        if (Length + added > Capacity) Capacity = Blocks(Length + added);
        if (layer == 0 && (_keys[0] is null || _keys[0]!.size(2) < Length + added)) DemandRoom();
        return (Write(_keys, layer, keys, added), Write(_values, layer, values, added));
    }

    /// <summary>Counts the tokens a finished pass has written.</summary>
    internal void Advance(long tokens) => Length += tokens;

    /// <summary>Forgets all but the first tokens; the space stays.</summary>
    public void Truncate(long length) => Length = length >= 0 && length <= Length ? length : throw new ArgumentOutOfRangeException(nameof(length));

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values)) tensor?.Dispose();
        Array.Clear(_keys);
        Array.Clear(_values);
    }

    private Tensor Write(Tensor?[] store, int layer, Tensor added, long count)
    {
        var held = store[layer];
        if (held is null || held.size(2) < Length + count) store[layer] = held = Grow(held, _decoder.Placement.Layers[layer]);
        using (var target = held.narrow(2, Length, count)) target.copy_(added);
        return held.narrow(2, 0, Length + count);
    }

    private Tensor Grow(Tensor? held, ComputeDevice device)
    {
        var config = _decoder.Config;
        var larger = empty([Batch, config.KeyValueHeadCount, Capacity, config.HeadDim], dtype: _decoder.Dtype, device: device.Torch).DetachFromDisposeScope();
        if (held is null) return larger;
        using (var source = held.narrow(2, 0, Length))
        using (var target = larger.narrow(2, 0, Length))
        {
            target.copy_(source);
        }

        held.Dispose();
        return larger;
    }

    // On a card a growth that does not fit is an error of this answer. Linux would kill the process instead, so it is counted before.
    private void DemandRoom()
    {
        if (_decoder.Device.IsCuda) return;
        var config = _decoder.Config;
        var wanted = 2L * config.LayerCount * Batch * config.KeyValueHeadCount * Capacity * config.HeadDim * (_decoder.Dtype == ScalarType.Float32 ? 4 : 2);
        var growth = wanted - Bytes + (wanted / config.LayerCount); // one layer is held twice while it is copied
        if (growth < CheckedGrowth || MachineMemory.Read() is not { } machine || growth <= machine.AvailableBytes) return;
        throw new MemoryRefusedException($"An answer of {Capacity} tokens", growth, machine.AvailableBytes, _decoder.Device.ToString());
    }

    private static long Blocks(long tokens) => (tokens + BlockSize - 1) / BlockSize * BlockSize;
}
