namespace R1Lab.Bench.Faults;

/// <summary>One small fault: an expression or statement of a source file and what stands in its place.</summary>
/// <param name="Room">Engine, Data or Web.</param>
/// <param name="File">Path below the repository.</param>
/// <param name="Find">An expression, or a statement with its semicolon; it must occur exactly once in the file.</param>
/// <param name="Put">Its replacement; may be empty for a statement.</param>
/// <param name="Fault">What goes wrong, in words.</param>
/// <param name="Near">Test classes to run first, such as <c>Web.Api.CompletionTests</c>; null where the folder's tests suffice.</param>
internal sealed record PlantedFault(string Room, string File, string Find, string Put, string Fault, IReadOnlyList<string>? Near = null)
{
    /// <summary>The environment variable that names the fault to switch on.</summary>
    public const string Variable = "R1LAB_PLANTED_FAULT";

    /// <summary>
    /// The source with this fault behind a switch, so that one build holds all faults. Both sides are compiled: a fault must not change
    /// the type of an expression.
    /// </summary>
    /// <exception cref="InvalidOperationException">The text to replace does not occur exactly once.</exception>
    public string PlantIn(string source, int number)
    {
        var at = source.IndexOf(Find, StringComparison.Ordinal);
        if (at < 0 || source.IndexOf(Find, at + 1, StringComparison.Ordinal) >= 0)
            throw new InvalidOperationException($"Fault {number}: '{Find}' does not occur exactly once in {File}.");
        var isOn = $"global::R1Lab.{Room}.FaultSwitch.IsOn({number})";
        var planted = Find.EndsWith(';') ? $"if ({isOn}) {{ {Put} }} else {{ {Find} }}" : $"({isOn} ? ({Put}) : ({Find}))";
        return source[..at] + planted + source[(at + Find.Length)..];
    }

    /// <summary>The class that the planted code asks.</summary>
    public static string SwitchOf(string room) => $$"""
        namespace R1Lab.{{room}};

        internal static class FaultSwitch
        {
            private static readonly string? On = System.Environment.GetEnvironmentVariable("{{Variable}}");

            public static bool IsOn(int number) => On == number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        """;
}
