using System.Globalization;
using R1Lab.Engine;
using R1Lab.Engine.Devices;

namespace R1Lab.Bench;

/// <summary>The words of a command line: what stands alone, and <c>--name value</c>.</summary>
internal sealed class CommandOptions
{
    private readonly Dictionary<string, string> _named = new(StringComparer.Ordinal);

    public CommandOptions(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal)) Plain.Add(words[i]);
            else if (i + 1 < words.Count && !words[i + 1].StartsWith("--", StringComparison.Ordinal)) _named[words[i]] = words[++i];
            else _named[words[i]] = "true";
        }
    }

    public List<string> Plain { get; } = [];

    public string? Text(string name) => _named.GetValueOrDefault(name);

    public int Number(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>What <c>--device cpu|cuda</c> asks for; the first card where one works, else the CPU, when it is not given.</summary>
    /// <exception cref="BadInputException">Another word, or a card where none works.</exception>
    public ComputeDevice Device() => Text("--device") switch
    {
        null => ComputeDevice.Default(),
        "cpu" => ComputeDevice.Cpu,
        "cuda" when ComputeDevice.Default() is { IsCuda: true } card => card,
        "cuda" => throw new BadInputException("options", "--device", "no CUDA card works on this machine"),
        var other => throw new BadInputException("options", "--device", $"is \"{other}\": cpu or cuda"),
    };

    /// <summary>Null when it is not given.</summary>
    public bool? Choice(string name) => Text(name) is null ? null : Flag(name);

    public bool Flag(string name, bool otherwise = false) => Text(name) is { } text ? text is "true" or "on" or "yes" : otherwise;
}
