using System.Runtime.InteropServices;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;

namespace R1Lab.Engine.Generation;

/// <summary>Puts errors of the tensor library into the user's words.</summary>
internal static class GenerationErrors
{
    public static Exception Explain(Exception error) => error switch
    {
        _ when OutOfMemory.Is(error) => new LibTorchException("There is not enough memory left for this request: shorten it, or run fewer at once.", error),
        ExternalException => new LibTorchException($"The computation failed: {FirstLine(error.Message)}", error),
        _ => error,
    };

    private static string FirstLine(string text) => text.Split('\n')[0];
}
