using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>A full card is told from other trouble, and the program computes afterwards.</summary>
public sealed class OutOfMemoryOnCardTests
{
    [CardFact]
    public void Is_TensorLargerThanTheCard_KnowsTheRealError()
    {
        var error = Record.Exception(() => empty([1L << 50], ScalarType.Float32, Card.Device.Torch).Dispose());

        Assert.True(OutOfMemory.Is(error!), error?.ToString());
        AssertComputes();
    }

    [CardFact]
    public void Is_OperatorOfTheStableAbi_NamesAFullCard()
    {
        Card.MustBeReal();
        using var scope = NewDisposeScope();
        var x = ones([64L << 20], ScalarType.Float32, Card.Device.Torch); // 256 MiB
        var weight = ones([1L << 10], ScalarType.Float32, Card.Device.Torch);
        Exception? error;
        using (new Ballast(128L << 20))
        {
            error = Record.Exception(() => Dispatcher.Call("aten::rms_norm", "", x.view(-1, 1 << 10), Argument.Of([1L << 10]), Argument.Optional(weight), Argument.Optional(1e-6)).Dispose());
        }

        Assert.IsType<LibTorchException>(error);
        Assert.True(OutOfMemory.Is(error), error.Message);
        AssertComputes();
    }

    [CardFact]
    public void Is_OperatorThatNeedsFarMoreThanItWasGiven_NamesAFullCard()
    {
        Card.MustBeReal();
        using var scope = NewDisposeScope();
        var x = ones([1L << 20], ScalarType.Float32, Card.Device.Torch);

        var error = Record.Exception(() => Dispatcher.Call("aten::repeat", "", x, Argument.Of([1L << 22])).Dispose());

        Assert.IsType<LibTorchException>(error);
        Assert.True(OutOfMemory.Is(error), error.Message);
        AssertComputes();
    }

    [CardFact]
    public void Is_OperatorWithWrongShapes_IsOtherTrouble()
    {
        using var scope = NewDisposeScope();

        var error = Record.Exception(() => { Dispatcher.Call("aten::mm", "", ones([2, 3], device: Card.Device.Torch), ones([2, 3], device: Card.Device.Torch)); });

        Assert.IsType<LibTorchException>(error);
        Assert.False(OutOfMemory.Is(error), error.Message);
        AssertComputes();
    }

    [CardFact]
    public void Backward_OutOfMemoryInIt_CanBeCaught()
    {
        Card.MustBeReal();
        using var scope = NewDisposeScope();
        var x = ones([64L << 20], ScalarType.Float32, Card.Device.Torch).requires_grad_(); // 256 MiB, and as much for its gradient
        var loss = x.sum();
        Exception? error;
        using (new Ballast(64L << 20))
        {
            // The gradient of a sum is one number seen everywhere; adding it up for the leaf makes it real.
            error = Record.Exception(() => autograd.backward([loss]));
        }

        Assert.True(error is not null && OutOfMemory.Is(error), error?.ToString());
        AssertComputes();
    }

    private static void AssertComputes()
    {
        using var scope = NewDisposeScope();
        var x = full([300, 300], 2f, device: Card.Device.Torch);

        Assert.Equal(1200f, x.mm(x)[7, 7].item<float>());
    }
}
