using System.Globalization;
using System.Numerics;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Python's numbers: whole ones of any size, floats, and bools that count as 0 and 1.</summary>
internal static class PythonNumber
{
    private const long MostBits = 20_000;

    public static bool IsNumber(object? value) => value is bool or long or BigInteger or double;

    public static bool IsWhole(object? value) => value is bool or long or BigInteger;

    public static object Normalize(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue) return (long)value;
        return value.GetBitLength() <= MostBits ? value : throw new JinjaException("a number is too large");
    }

    public static double ToDouble(object value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        BigInteger number => (double)number,
        _ => (double)value,
    };

    public static BigInteger ToWhole(object value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        _ => (BigInteger)value,
    };

    /// <summary>Below, at or above zero; NaN is equal to nothing and below everything.</summary>
    public static int Compare(object left, object right)
    {
        if (IsWhole(left) && IsWhole(right)) return ToWhole(left).CompareTo(ToWhole(right));
        var (a, b) = (ToDouble(left), ToDouble(right));
        return a < b || double.IsNaN(a) || double.IsNaN(b) ? -1 : a > b ? 1 : 0;
    }

    /// <summary>Decimal digits of a whole number, roughly and not too few.</summary>
    public static long Digits(object value) => value is BigInteger large ? (large.GetBitLength() / 3) + 2 : 20;

    public static object Calculate(string operation, object left, object right)
    {
        if (operation != "/" && IsWhole(left) && IsWhole(right)) return Whole(operation, left, right);
        var (a, b) = (ToDouble(left), ToDouble(right));
        if (b == 0 && operation is "/" or "//" or "%") throw new JinjaException("division by zero");
        return operation switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            "%" => a - (b * Math.Floor(a / b)),
            _ => Math.Pow(a, b),
        };
    }

    public static object Negate(object value) => value is double number ? -number : Normalize(-ToWhole(value));

    /// <summary>A float as Python's repr writes it: the shortest digits that read back the same, an exponent below 1e-4 and from 1e16 on.</summary>
    public static string Write(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        var (digits, exponent) = Digits(Math.Abs(value));
        var sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 2, '0');
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>Reads what JSON or Python writes as a number.</summary>
    public static object Parse(string text)
    {
        if (text.AsSpan().ContainsAny(".eE")) return double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var small)) return small;
        if (text.Length > 5000) throw new JinjaException("a number is too large");
        return Normalize(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    private static object Whole(string operation, object left, object right)
    {
        var (a, b) = (ToWhole(left), ToWhole(right));
        if (b.IsZero && operation is "//" or "%") throw new JinjaException("division by zero");
        return operation switch
        {
            "+" => Normalize(a + b),
            "-" => Normalize(a - b),
            "*" => Normalize(a * b),
            "//" => Normalize((a - Modulo(a, b)) / b),
            "%" => Normalize(Modulo(a, b)),
            _ => Power(a, b),
        };
    }

    private static BigInteger Modulo(BigInteger value, BigInteger divisor)
    {
        var rest = value % divisor;
        return !rest.IsZero && rest.Sign != divisor.Sign ? rest + divisor : rest;
    }

    private static object Power(BigInteger value, BigInteger exponent)
    {
        if (exponent.Sign < 0) return Math.Pow((double)value, (double)exponent);
        if (BigInteger.Abs(value) <= 1) return Normalize(value.IsOne || exponent.IsZero ? 1 : value.IsZero ? 0 : exponent.IsEven ? 1 : -1);
        if (exponent * value.GetBitLength() > MostBits) throw new JinjaException("a number is too large");
        return Normalize(BigInteger.Pow(value, (int)exponent));
    }

    /// <summary>The shortest digits d.ddd and the power of ten of the first one.</summary>
    private static (string Digits, int Exponent) Digits(double value)
    {
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var mark = shortest.IndexOf('E');
        var digits = (mark < 0 ? shortest : shortest[..mark]).Replace(".", "", StringComparison.Ordinal).Trim('0');
        var exponent = int.Parse(text[(text.IndexOf('E') + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

        // Rounding to 17 digits can carry 9.99… to the next power; the shortest digits tell which it is.
        if (mark >= 0) exponent = int.Parse(shortest[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return (digits.Length == 0 ? "0" : digits, exponent);
    }
}
