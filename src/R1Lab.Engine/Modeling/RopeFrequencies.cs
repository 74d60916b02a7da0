using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// Inverse frequencies of rotary positions for each kind of <see cref="RopeScaling"/>, in float32 and in the order of operations of
/// transformers' <c>modeling_rope_utils</c>, so that angles agree at large positions too.
/// </summary>
internal static class RopeFrequencies
{
    /// <returns>[HeadDim/2] float32 on the CPU, and the factor on cosine and sine.</returns>
    public static (Tensor Frequencies, double AttentionScaling) Compute(DecoderConfig config)
    {
        using var scope = NewDisposeScope();
        var wavelengths = pow(tensor((float)config.RopeTheta), arange(0, config.HeadDim, 2).to(ScalarType.Float32) / (float)config.HeadDim);
        var plain = 1f / wavelengths;
        var (frequencies, scaling) = config.RopeScaling switch
        {
            null => (plain, 1.0),
            RopeScaling.Linear linear => (plain / (float)linear.Factor, 1.0),
            RopeScaling.Llama3 llama => (Llama3(plain, llama), 1.0),
            RopeScaling.Yarn yarn => (Yarn(wavelengths, config, yarn), yarn.AttentionFactor ?? RopeScaling.Magnitude(yarn.Factor)),
            var other => throw new NotSupportedException($"Rope scaling {other} has no formula."),
        };
        return (frequencies.MoveToOuterDisposeScope(), scaling);
    }

    private static Tensor Llama3(Tensor plain, RopeScaling.Llama3 scaling)
    {
        var longest = (float)(scaling.OriginalMaxPositions / scaling.LowFrequencyFactor);
        var shortest = (float)(scaling.OriginalMaxPositions / scaling.HighFrequencyFactor);
        var wavelength = (float)(2 * Math.PI) / plain;
        var stretched = where(wavelength > longest, plain / (float)scaling.Factor, plain);
        var smooth = (scaling.OriginalMaxPositions / wavelength - (float)scaling.LowFrequencyFactor)
            / (float)(scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        var blended = (1 - smooth) * stretched / (float)scaling.Factor + smooth * stretched;
        return where((wavelength >= shortest).logical_and(wavelength <= longest), blended, stretched);
    }

    private static Tensor Yarn(Tensor wavelengths, DecoderConfig config, RopeScaling.Yarn yarn)
    {
        var low = CorrectionDimension(yarn.BetaFast, config, yarn);
        var high = CorrectionDimension(yarn.BetaSlow, config, yarn);
        if (yarn.Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, config.HeadDim - 1));
        if (low == high) high += 0.001;
        var ramp = ((arange(config.HeadDim / 2).to(ScalarType.Float32) - (float)low) / (float)(high - low)).clamp(0, 1);
        var keep = 1 - ramp;
        return 1f / ((float)yarn.Factor * wavelengths) * (1 - keep) + 1f / wavelengths * keep;
    }

    // The dimension whose angle makes the given number of turns over the original length.
    private static double CorrectionDimension(double turns, DecoderConfig config, RopeScaling.Yarn yarn) =>
        config.HeadDim * Math.Log(yarn.OriginalMaxPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(config.RopeTheta));
}
