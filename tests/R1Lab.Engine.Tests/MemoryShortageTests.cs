using System.Runtime.InteropServices;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests;

/// <summary>An operator that fails without a reason is asked about memory on a card only. No card is needed here.</summary>
public sealed class MemoryShortageTests
{
    [Theory]
    [InlineData(1000, false)]
    [InlineData(1001, true)]
    public void Sentence_MoreThanThereIs_SaysOutOfMemory(long bytes, bool expected)
    {
        var sentence = MemoryShortage.Sentence(bytes, asked =>
        {
            if (asked > 1000) throw new ExternalException("no room");
        });

        Assert.Equal((expected, expected), (sentence?.Contains("1001 more bytes", StringComparison.Ordinal) ?? false, sentence is not null && OutOfMemory.Is(new LibTorchException(sentence))));
    }

    [Fact]
    public void After_TensorsOnTheCpu_AsksNothing()
    {
        using var scope = NewDisposeScope();

        Assert.Null(MemoryShortage.After([ones(2, 3), Argument.Of([ones(2)]), Argument.Optional(ones(1)), 7, "text"]));
    }

    [Fact]
    public void Tensors_EveryKindOfArgument_AreFound()
    {
        using var scope = NewDisposeScope();
        var (one, two, three) = (ones(1), ones(2), ones(3));

        Assert.Equal([1L, 2, 3], ((Argument[])[one, Argument.Of([two]), Argument.Optional(three), 4, Argument.None]).SelectMany(argument => argument.Tensors).Select(tensor => tensor.numel()));
    }
}
