namespace R1Lab.Engine.Quantization;

/// <summary>
/// The 256 numbers of dynamic 8-bit quantisation (arXiv 2110.02861, section 2.2; the tables of bitsandbytes): seven decades below 1, each
/// cut into twice as many equal steps as the one under it, so that small numbers keep a digit and large ones keep more.
/// </summary>
internal static class DynamicMap
{
    private const int Decades = 7;

    /// <summary>-1 … 1, rising; 0 and 1 are among them, -1 is not.</summary>
    public static float[] Signed { get; } = Build(signed: true);

    /// <summary>0 … 1, rising, twice as fine.</summary>
    public static float[] Unsigned { get; } = Build(signed: false);

    /// <summary>Borders between neighbours: what lies above one belongs to the next number.</summary>
    public static float[] Borders(float[] values) => [.. values.Zip(values.Skip(1), (low, high) => (low + high) / 2)];

    private static float[] Build(bool signed)
    {
        var values = new List<float> { 0, 1 };
        for (var decade = 0; decade < Decades; decade++)
        {
            var steps = signed ? 1 << decade : 2 << decade;
            var size = Math.Pow(10, decade - (Decades - 1));
            for (var i = 0; i < steps; i++)
            {
                // The middle of each of the equal steps between 0.1 and 1.
                var value = (float)(size * (0.1 + 0.9 * (i + 0.5) / steps));
                values.Add(value);
                if (signed) values.Add(-value);
            }
        }

        values.Sort();
        return [.. values];
    }
}
