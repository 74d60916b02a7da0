namespace R1Lab.Engine.Devices;

/// <summary>What the root-mean-square norms of a layer keep for the backward pass, in bytes a token.</summary>
/// <param name="Kept">All of it but the layer's own input.</param>
/// <param name="Widened">The part that exists only for it: float32 copies inside the norm.</param>
internal sealed record NormBytes(double Kept, double Widened)
{
    /// <param name="hidden">Width of the two norms of a layer.</param>
    /// <param name="heads">Width of the norms of queries and keys together; 0 without.</param>
    /// <param name="learns">The norm's weight is trained: its normalised input is kept too.</param>
    /// <param name="element">Bytes of a number in the type computed with.</param>
    /// <param name="isCuda">Cards have a fused norm, which keeps its input and one number a row. The CPU's is made of plain operators in float32.</param>
    public static NormBytes Of(double hidden, double heads, bool learns, int element, bool isCuda)
    {
        var all = (2 * hidden) + heads;
        if (isCuda) return new NormBytes(((hidden + heads) * element) + 12, 12);
        var widened = ((element < 4 ? 4 : 0) + (learns ? 4 : 0)) * all;
        return new NormBytes(element < 4 ? widened : widened + ((hidden + heads) * element), widened);
    }
}
