using System.Globalization;

namespace R1Lab.Web.Localization;

/// <summary>Amounts of memory and disk as people read them.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Three digits at most before the unit: <c>5.2 GiB</c>, <c>310 MiB</c>.</summary>
    public static string Show(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (Math.Abs(value) >= 1000 && unit < Units.Length - 1) (value, unit) = (value / 1024, unit + 1);
        return $"{value.ToString(unit == 0 || Math.Abs(value) >= 100 ? "0" : "0.0", CultureInfo.CurrentCulture)} {Units[unit]}";
    }
}
