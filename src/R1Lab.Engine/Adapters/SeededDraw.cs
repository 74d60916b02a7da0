using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Adapters;

/// <summary>Fills a tensor with random numbers that follow from a seed alone.</summary>
internal static class SeededDraw
{
    /// <param name="target">Gets the numbers, where it is.</param>
    /// <param name="draw">Fills its first argument by the generator; null stands for the device's own.</param>
    /// <returns>What <paramref name="draw"/> returns.</returns>
    public static Tensor Fill(Tensor target, ulong seed, Func<Tensor, Generator?, Tensor> draw)
    {
        if (target.device_type == DeviceType.CUDA)
        {
            // TorchSharp makes generators of the CPU whatever device is asked for, and a card refuses those. Its own generator is begun anew for
            // every draw instead: nothing else in this program draws on a card.
            cuda.manual_seed_all((long)seed);
            return draw(target, null);
        }

        using var generator = new Generator(seed, CPU);
        return draw(target, generator);
    }
}
