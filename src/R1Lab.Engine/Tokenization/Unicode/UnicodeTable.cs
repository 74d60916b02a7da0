using System.Globalization;
using System.Text;

namespace R1Lab.Engine.Tokenization.Unicode;

/// <summary>
/// Combining classes, decompositions and compositions of one Unicode version, read from the table that <c>make_table.py</c> writes. The table is
/// part of the program, so that a text has the same normal form, and a model the same token ids, on every machine.
/// </summary>
internal sealed class UnicodeTable
{
    private const string Resource = "normalization.txt";

    // Characters with a decomposition or a combining class lie below plane 3.
    private const int Mapped = 0x30000;

    private static readonly Lazy<UnicodeTable> Loaded = new(() => new UnicodeTable(Lines()));

    private readonly byte[] _classes = new byte[Mapped];
    private readonly byte[] _unstable = new byte[Mapped]; // one bit per form
    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int First, int Second), int> _composites = [];

    private UnicodeTable(IEnumerable<string> lines)
    {
        var oneStep = new Dictionary<int, (bool Compatible, int[] Points)>();
        var excluded = new HashSet<int>();
        var section = "";
        foreach (var line in lines)
        {
            if (line.StartsWith("# Unicode ", StringComparison.Ordinal)) Version = line["# Unicode ".Length..line.IndexOf(';', StringComparison.Ordinal)];
            if (line.StartsWith('[')) section = line;
            if (line.Length == 0 || line[0] is '#' or '[') continue;
            var fields = line.Split(' ');
            if (section == "[classes]") Array.Fill(_classes, byte.Parse(fields[2], CultureInfo.InvariantCulture), Point(fields[0]), Point(fields[1]) - Point(fields[0]) + 1);
            else if (section == "[mappings]") oneStep[Point(fields[0])] = (fields[1] == "~", [.. fields[2..].Select(Point)]);
            else excluded.Add(Point(fields[0]));
        }

        foreach (var (point, (compatible, points)) in oneStep)
        {
            if (!compatible) _canonical[point] = [.. Expand(points, oneStep, alsoCompatible: false)];
            _compatible[point] = [.. Expand(points, oneStep, alsoCompatible: true)];
            // A primary composite: a pair that begins with a starter and is not excluded (Unicode Standard, D114).
            if (!compatible && points.Length == 2 && !excluded.Contains(point) && ClassOf(point) == 0 && ClassOf(points[0]) == 0) _composites[(points[0], points[1])] = point;
        }

        MarkUnstable();
    }

    public static UnicodeTable Shared => Loaded.Value;

    /// <summary>The Unicode version, such as <c>15.0.0</c>.</summary>
    public string Version { get; } = "";

    /// <summary>Canonical combining class; 0 is a starter.</summary>
    public int ClassOf(int point) => point < Mapped ? _classes[point] : 0;

    /// <summary>
    /// False where a character stays what it is in this form, whatever stands around it, and what is before it stays apart from it: a text may be
    /// cut before it.
    /// </summary>
    public bool IsUnstable(int point, NormalizationForm form) => point < Mapped && (_unstable[point] & Bit(form)) != 0;

    /// <summary>The full decomposition; null for a character that has none. Hangul syllables are computed elsewhere.</summary>
    public int[]? Decomposition(int point, bool compatible) => (compatible ? _compatible : _canonical).GetValueOrDefault(point);

    /// <summary>The primary composite of a pair; null where there is none. Hangul syllables are computed elsewhere.</summary>
    public int? Composite(int first, int second) => _composites.TryGetValue((first, second), out var composite) ? composite : null;

    private static int Bit(NormalizationForm form) => form switch
    {
        NormalizationForm.FormC => 1,
        NormalizationForm.FormD => 2,
        NormalizationForm.FormKC => 4,
        _ => 8,
    };

    private static int Point(string hexadecimal) => int.Parse(hexadecimal, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Lines()
    {
        using var stream = typeof(UnicodeTable).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line) yield return line;
    }

    private static IEnumerable<int> Expand(int[] points, Dictionary<int, (bool Compatible, int[] Points)> oneStep, bool alsoCompatible) =>
        points.SelectMany(point => oneStep.TryGetValue(point, out var step) && (alsoCompatible || !step.Compatible) ? Expand(step.Points, oneStep, alsoCompatible) : [point]);

    private void MarkUnstable()
    {
        const int all = 1 | 2 | 4 | 8;
        const int composed = 1 | 4;
        const int decomposed = 2 | 8;
        for (var point = 0; point < Mapped; point++)
        {
            if (_classes[point] != 0) _unstable[point] = all;
            else if (Hangul.IsSyllable(point)) _unstable[point] = decomposed;
            else if (Hangul.IsTrailing(point)) _unstable[point] = composed;
        }

        foreach (var (_, second) in _composites.Keys) _unstable[second] |= composed;
        var primary = _composites.Values.ToHashSet();
        foreach (var (point, points) in _compatible)
        {
            var canonical = _canonical.GetValueOrDefault(point);
            if (canonical is not null) _unstable[point] |= 2;
            if (canonical is not null && !primary.Contains(point)) _unstable[point] |= 1;
            _unstable[point] |= 8;
            if (!primary.Contains(point) || !points.SequenceEqual(canonical!)) _unstable[point] |= 4;
        }
    }
}
