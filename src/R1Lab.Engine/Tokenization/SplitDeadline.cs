using System.Diagnostics;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// How long the regular expressions of a tokenizer.json may work on one text, all its pieces together: a quarter of a second, and more in
/// proportion for long texts. An expression that tries every way to match takes exponential time on a line of spaces.
/// </summary>
internal readonly struct SplitDeadline(int characters)
{
    public static readonly TimeSpan LongestMatch = TimeSpan.FromMilliseconds(250);

    private readonly long _start = Stopwatch.GetTimestamp();

    public bool HasPassed => Stopwatch.GetElapsedTime(_start) > LongestMatch + TimeSpan.FromMilliseconds(characters / 100.0);
}
