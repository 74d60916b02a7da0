namespace R1Lab.Engine.Native;

/// <summary>A kernel of our own could not be compiled, loaded or launched.</summary>
internal sealed class CudaKernelException(string message) : Exception(message);
