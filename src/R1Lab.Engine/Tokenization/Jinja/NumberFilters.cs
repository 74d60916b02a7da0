using System.Globalization;
using System.Numerics;

namespace R1Lab.Engine.Tokenization.Jinja;

internal static class NumberFilters
{
    public static void Add(BuiltInTable table)
    {
        table.Add("abs", "", (_, value, _) => PythonNumber.IsNumber(value)
            ? PythonNumber.Compare(value!, 0L) < 0 ? PythonNumber.Negate(value!) : PythonNumber.IsWhole(value) ? PythonNumber.Normalize(PythonNumber.ToWhole(value!)) : Math.Abs((double)value!)
            : throw new JinjaException($"bad operand type for abs(): '{PythonText.TypeName(value)}'"));
        table.Add("int", "default? base?", (_, value, arguments) => Whole(value, arguments.Integer("base", 10)) ?? arguments.Or("default", 0L));
        table.Add("float", "default?", (_, value, arguments) => Float(value) ?? arguments.Or("default", 0.0));
        table.Add("round", "precision? method?", (_, value, arguments) => Round(value, arguments.Integer("precision"), arguments.Has("method") ? arguments.Text("method") : "common"));
    }

    private static object? Whole(object? value, int radix)
    {
        if (value is double number) return double.IsFinite(number) ? PythonNumber.Normalize(new BigInteger(number)) : null;
        if (PythonNumber.IsNumber(value)) return PythonNumber.Normalize(PythonNumber.ToWhole(value!));
        if (value is not string text) return null;
        text = text.Trim().Replace("_", "", StringComparison.Ordinal);
        if (text.Length > 5000) return null;
        if (radix == 16)
        {
            var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
            return BigInteger.TryParse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hexadecimal) ? PythonNumber.Normalize(hexadecimal) : null;
        }

        if (radix == 10 && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return PythonNumber.Normalize(whole);
        return radix == 10 && Float(text) is { } real && double.IsFinite(real) ? PythonNumber.Normalize(new BigInteger(real)) : null;
    }

    private static double? Float(object? value)
    {
        if (PythonNumber.IsNumber(value)) return PythonNumber.ToDouble(value!);
        return value is string text && double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static object Round(object? value, int precision, string method)
    {
        if (!PythonNumber.IsNumber(value)) throw new JinjaException($"type {PythonText.TypeName(value)} cannot be rounded");
        if (method == "common" && PythonNumber.IsWhole(value) && precision >= 0) return PythonNumber.Normalize(PythonNumber.ToWhole(value!));
        var number = PythonNumber.ToDouble(value!);
        var factor = Math.Pow(10, precision);
        return method switch
        {
            "common" when !double.IsFinite(number) || precision > 60 => number,
            _ when precision < -308 => 0.0,
            "common" => precision > 0 ? RoundDecimals(number, precision) : Math.Round(number * factor, MidpointRounding.ToEven) / factor,
            "ceil" => Math.Ceiling(number * factor) / factor,
            "floor" => Math.Floor(number * factor) / factor,
            _ => throw new JinjaException("round: method must be common, ceil or floor"),
        };
    }

    /// <summary>Rounds the exact decimal value, ties to even; 42.55 is a little less than it says and becomes 42.5.</summary>
    private static double RoundDecimals(double number, int precision)
    {
        const int Exact = 80;
        var digits = BigInteger.Parse(number.ToString("F" + Exact, CultureInfo.InvariantCulture).Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        var unit = BigInteger.Pow(10, Exact - precision);
        var rounded = BigInteger.DivRem(digits, unit, out var rest);
        var half = (BigInteger.Abs(rest) * 2).CompareTo(unit);
        if (half > 0 || (half == 0 && !rounded.IsEven)) rounded += digits.Sign;
        return double.Parse($"{rounded}e-{precision}", CultureInfo.InvariantCulture);
    }
}
