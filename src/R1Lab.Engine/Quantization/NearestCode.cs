using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Quantization;

/// <summary>
/// Which of a few numbers between -1 and 1 is nearest. The range is cut into bins so narrow that at most one border between neighbours lies in
/// each: a look-up and one comparison find the number exactly, five times faster than a search.
/// </summary>
internal sealed class NearestCode
{
    private const int Bins = 1024;

    // More than what rounding can move a number across a bin's edge.
    private const double Slack = 1e-5;

    private readonly Tensor _below;
    private readonly Tensor _border;

    /// <param name="values">Rising, from -1 to 1, further apart than two bins; tensors belong to the caller's dispose scope.</param>
    public NearestCode(IReadOnlyList<float> values, Device device)
    {
        var borders = DynamicMap.Borders([.. values]);
        // One bin more for 1 itself.
        var below = Enumerable.Range(0, Bins + 2).Select(bin => borders.Count(border => border < -1 + bin * 2.0 / Bins - Slack)).ToArray();
        _below = tensor(Array.ConvertAll(below, count => (byte)count), device: device);
        _border = tensor(Array.ConvertAll(below, count => count < borders.Length ? borders[count] : float.PositiveInfinity), device: device);
    }

    /// <param name="numbers">[N] float32 between -1 and 1.</param>
    /// <returns>[N] uint8: places in the list; the lower of two equally near.</returns>
    public Tensor Of(Tensor numbers)
    {
        var bins = (numbers + 1f).mul_(Bins / 2f).to(ScalarType.Int32);
        return _below.index_select(0, bins).add_(numbers.gt(_border.index_select(0, bins)));
    }
}
