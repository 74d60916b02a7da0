using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using static TorchSharp.torch;

namespace R1Lab.Engine.Devices;

/// <summary>The needs of one recipe at every moment.</summary>
internal sealed class MemoryNeeds
{
    private readonly TrainingRecipe _recipe;
    private readonly DecoderConfig _model;
    private readonly MemoryFacts _facts;
    private readonly bool _isCuda;
    private readonly int _element;
    private readonly ModelCounts _counts;
    private readonly BatchShape _batch;
    private readonly ActivationBytes _layer;
    private readonly bool _embeddingOnHost;

    /// <param name="recipe">An effective recipe.</param>
    public MemoryNeeds(TrainingRecipe recipe, DecoderConfig model, MemoryFacts facts, DeviceCapacity device)
    {
        (_recipe, _model, _facts, _isCuda) = (recipe, model, facts, device.IsCuda);
        _element = Trainables.DtypeOf(recipe.Dtype, device.IsCuda ? new ComputeDevice(TorchSharp.DeviceType.CUDA) : ComputeDevice.Cpu) == ScalarType.Float32 ? 4 : 2;
        _counts = ModelCounts.Of(recipe, model);
        _batch = BatchShape.Of(recipe, facts);
        _layer = ActivationBytes.Of(recipe, model, _batch, _element, _isCuda);
        _embeddingOnHost = EmbeddingPlace.IsHost(recipe, model, _isCuda);
    }

    /// <summary>Bytes that a run on a card keeps in the machine's own memory: an embedding that is no view of its file, and inputs that wait there.</summary>
    public long OnHost => (long)((_embeddingOnHost && !(IsStoredAsComputed && _element == 2) ? Embedding : 0) + (InputsOnHost * _layer.Input));

    private double Embedding => (double)_model.VocabSize * _model.HiddenSize * _element;

    public IReadOnlyList<MemoryShare> At(MemoryMoment moment)
    {
        var shares = new SortedDictionary<MemoryPart, double>
        {
            [MemoryPart.Runtime] = _facts.RuntimeBytes ?? (_isCuda ? AssumedMemory.CardContext : AssumedMemory.Program),
            [MemoryPart.Weights] = StorageBytes.Weights(_recipe, _counts, _element) - (_embeddingOnHost ? Embedding : 0),
            [MemoryPart.ChatModel] = _facts.ResidentModelBytes,
        };
        if (moment != MemoryMoment.Loading) AddTrained(shares);
        AddPassing(shares, moment);
        shares[MemoryPart.Overhead] = Overhead(shares);
        return [.. shares.Where(share => share.Value >= 1).Select(share => new MemoryShare(share.Key, (long)share.Value))];
    }

    private double Overhead(SortedDictionary<MemoryPart, double> shares)
    {
        var passing = shares.Where(share => share.Key is MemoryPart.Activations or MemoryPart.Working or MemoryPart.Logits or MemoryPart.KeyValueCache).Sum(share => share.Value);
        if (_isCuda) return passing * AssumedMemory.CardFragmentation;
        var share = _recipe.GradientCheckpointing ? AssumedMemory.HeapFragmentationCheckpointing : AssumedMemory.HeapFragmentation;
        var largestOnHeap = _recipe.Method == TrainingMethod.Qlora ? AssumedMemory.LargestOnHeapQlora : AssumedMemory.LargestOnHeap;
        return AssumedMemory.Growth + (_layer.Input > largestOnHeap ? 0 : passing * share);
    }

    private void AddTrained(SortedDictionary<MemoryPart, double> shares)
    {
        shares[MemoryPart.Adapter] = StorageBytes.Adapter(_counts);
        shares[MemoryPart.Gradients] = StorageBytes.Gradients(_recipe, _counts, _element);
        shares[MemoryPart.Optimizer] = StorageBytes.Optimizer(_recipe, _counts, _element);
    }

    private void AddPassing(SortedDictionary<MemoryPart, double> shares, MemoryMoment moment)
    {
        switch (moment)
        {
            case MemoryMoment.Loading:
                shares[MemoryPart.Working] = Loading();
                break;
            case MemoryMoment.Loss:
                shares[MemoryPart.Activations] = KeptByAll();
                shares[MemoryPart.Logits] = LogitsBytes.Training(_model, _batch, _element) + HeadGradient();
                break;
            case MemoryMoment.Backward:
                shares[MemoryPart.Activations] = KeptByAll();
                shares[MemoryPart.Working] = OneLayer() + WeightGradient() + Dequantized();
                break;
            case MemoryMoment.Evaluation when _facts.Evaluates || _recipe.ProbePrompts.Count > 0:
                AddEvaluation(shares);
                break;
        }
    }

    // Everything autograd saved in every layer, or with checkpointing only the layers' inputs; off-loaded, two of those are on the card.
    private double KeptByAll()
    {
        var again = Again;
        return (_layer.Input * (again == 0 ? 1 : InputsOnDevice)) + ((_model.LayerCount - again) * _layer.Kept);
    }

    // Blocks that are computed again: the first ones.
    private int Again => _recipe.GradientCheckpointing ? Math.Min(_recipe.GradientCheckpointingLayers ?? _model.LayerCount, _model.LayerCount) : 0;

    private int InputsOnDevice => _recipe.ActivationOffloading && _isCuda ? Math.Min(2, Again) : Again + 1;

    private int InputsOnHost => Again == 0 ? 0 : Again + 1 - InputsOnDevice;

    // While a block is computed again those behind it have let go of what they kept.
    private double OneLayer() => _recipe.GradientCheckpointing && Again == _model.LayerCount
        ? Math.Max(_layer.Forward + _layer.Input, _layer.Kept + _layer.Backward)
        : Math.Max(_layer.Forward - _layer.Kept, _layer.Backward);

    // The gradient of a weight is made before it is added to what is there.
    private double WeightGradient() => _recipe.Method == TrainingMethod.Full ? _counts.LargestTrained * (double)_element : 0;

    private double HeadGradient() => _recipe.Method == TrainingMethod.Full ? (double)_model.VocabSize * _model.HiddenSize * _element : 0;

    private double Dequantized() => _recipe.Method == TrainingMethod.Qlora ? _counts.LargestLayer * (double)_element : 0;

    private void AddEvaluation(SortedDictionary<MemoryPart, double> shares)
    {
        var batch = BatchShape.OfEvaluation(_recipe, _facts);
        if (_facts.Evaluates)
        {
            shares[MemoryPart.Working] = ActivationBytes.Of(_recipe with { Packing = false }, _model, batch, _element, _isCuda).Plain + Dequantized();
            shares[MemoryPart.Logits] = LogitsBytes.Evaluation(_model, batch, _element);
        }

        if (_recipe.ProbePrompts.Count == 0) return;
        var tokens = (_facts.LongestProbePrompt + _recipe.ProbeMaxNewTokens + KeyValueCache.BlockSize - 1) / KeyValueCache.BlockSize * KeyValueCache.BlockSize;
        shares[MemoryPart.KeyValueCache] = 2d * _model.LayerCount * _model.KeyValueHeadCount * _model.HeadDim * tokens * _element;
    }

    // On the CPU such weights are read in place. A config that names no type is taken at its best.
    private bool IsStoredAsComputed => _model.Dtype is null || (_model.Dtype == "float32") == (_element == 4);

    // One tensor at a time: as stored, and as converted.
    private double Loading()
    {
        var largest = _counts.LargestTensor * (double)_element;
        if (_recipe.Method == TrainingMethod.Qlora) return _counts.LargestLayer * (double)_element;
        return _isCuda || (IsStoredAsComputed && _recipe.Method != TrainingMethod.Full) ? 0 : largest;
    }
}
