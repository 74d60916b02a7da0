using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>
/// Named linear maps from a normalised hidden state to one number: a reward criterion, a value. Float32, without bias, as the <c>score</c>
/// layer of Hugging Face's sequence classification models.
/// </summary>
internal sealed class ScalarHeads : IDisposable
{
    private readonly OrderedDictionary<string, Tensor> _weights = [];

    /// <summary>Fresh heads: normal with the model's initializer range.</summary>
    /// <param name="names">Empty: there are none.</param>
    /// <param name="seed">Same seed, same weights.</param>
    public ScalarHeads(IReadOnlyList<string> names, Decoder decoder, long seed)
    {
        using var noGradient = no_grad();
        for (var i = 0; i < names.Count; i++)
        {
            var (type, range) = (TokenScores.Precise(decoder.Dtype), decoder.Config.InitializerRange);
            var weight = empty([1, decoder.Config.HiddenSize], dtype: type, device: decoder.HeadDevice.Torch).DetachFromDisposeScope();
            SeededDraw.Fill(weight, SeededShuffle.Mix(seed, i), (fresh, generator) => fresh.normal_(0, range, generator));
            _weights[names[i]] = weight.requires_grad_();
        }
    }

    public IEnumerable<string> Names => _weights.Keys;

    /// <summary>The weights [1,Hidden] as <c>name.weight</c>.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Parameters =>
        _weights.Select(pair => KeyValuePair.Create($"{pair.Key}.weight", pair.Value));

    /// <summary>A head's outputs [M].</summary>
    /// <param name="states">[M,Hidden] of the last layer, before the final norm.</param>
    public Tensor Read(string name, Decoder decoder, Tensor states)
    {
        using var scope = NewDisposeScope();
        var normed = decoder.Normalize(states).to(TokenScores.Precise(decoder.Dtype));
        return nn.functional.linear(normed, _weights[name]).squeeze(1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var weight in _weights.Values) weight.Dispose();
    }
}
