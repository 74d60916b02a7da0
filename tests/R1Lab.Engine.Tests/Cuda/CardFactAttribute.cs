using System.Runtime.CompilerServices;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>A fact about the CUDA path: skipped where there is no <see cref="Card"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CardFactAttribute : FactAttribute
{
    public CardFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        (Skip, SkipType, SkipUnless) = ("No CUDA card.", typeof(Card), nameof(Card.IsThere));
    }
}
