using System.Runtime.InteropServices;
using R1Lab.Engine.Native;

namespace R1Lab.Engine.Generation;

/// <summary>Puts errors of the tensor library into the user's words.</summary>
internal static class GenerationErrors
{
    public static Exception Explain(Exception error) => error switch
    {
        _ when IsOutOfMemory(error) => new LibTorchException("There is not enough memory left for this request: shorten it, or run fewer at once.", error),
        ExternalException => new LibTorchException($"The computation failed: {FirstLine(error.Message)}", error),
        _ => error,
    };

    private static bool IsOutOfMemory(Exception error) =>
        error is OutOfMemoryException
        || error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || error.Message.Contains("Tried to allocate", StringComparison.OrdinalIgnoreCase)
        || error.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);

    private static string FirstLine(string text) => text.Split('\n')[0];
}
