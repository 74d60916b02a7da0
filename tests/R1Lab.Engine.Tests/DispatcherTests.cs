using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests;

public sealed class DispatcherTests
{
    [Fact]
    public void Load_OnThisMachine_IsAvailable() => Assert.Null(LibTorch.Failure);

    [Fact]
    public void Call_MatrixProduct_LetsGradientsFlow()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new float[] { 1, 2, 3, 4 }).reshape(2, 2);
        var w = ones(2, 2, requires_grad: true);

        var y = Dispatcher.Call("aten::mm", "", x, w);
        y.sum().backward();

        Assert.Equal([4f, 4f, 6f, 6f], w.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Call_OptionalAndIntegerListArguments_AreUnderstood()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new float[] { 3, 4 }).reshape(1, 2);
        var weight = tensor(new float[] { 1, 2 });

        var y = Dispatcher.Call("aten::rms_norm", "", x, Argument.Of([2L]), Argument.Optional(weight), Argument.Optional(0.0));

        // 3 and 4 over their root mean square sqrt(12.5), then times the weight.
        Assert.Equal([3f / MathF.Sqrt(12.5f), 8f / MathF.Sqrt(12.5f)], y.data<float>().ToArray(), (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void Call_OptionalNumber_IsPassedAsNumber()
    {
        using var scope = NewDisposeScope();

        var y = Dispatcher.Call("aten::rms_norm", "", ones(1, 2), Argument.Of([2L]), Argument.None, Argument.Optional(3.0));

        Assert.Equal([0.5f, 0.5f], y.data<float>().ToArray());
    }

    [Fact]
    public void CallList_Unbind_ReturnsEveryTensor()
    {
        using var scope = NewDisposeScope();

        var rows = Dispatcher.CallList("aten::unbind", "int", arange(6).reshape(3, 2), 0);

        Assert.Equal([2L, 3L], rows[1].data<long>().ToArray());
        Assert.Equal(3, rows.Length);
    }

    [Fact]
    public void Run_ForeachInPlace_ChangesEveryTensor()
    {
        using var scope = NewDisposeScope();
        var tensors = new[] { full(2, 3f), full(3, 4f) };

        Dispatcher.Run("aten::_foreach_mul_", "List", Argument.Of(tensors), Argument.Of([full(2, 2f), full(3, 2f)]));

        Assert.Equal([6f, 8f], [tensors[0][1].item<float>(), tensors[1][2].item<float>()]);
    }

    [Fact]
    public void Call_WrongShapes_NamesOperatorAndShapes()
    {
        using var scope = NewDisposeScope();

        var e = Assert.Throws<LibTorchException>(() => { Dispatcher.Call("aten::mm", "", ones(2, 3), ones(2, 3)); });

        Assert.Contains("aten::mm", e.Message, StringComparison.Ordinal);
        Assert.Contains("Float32[2,3]", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Call_UnknownOperator_NamesIt()
    {
        var e = Assert.Throws<LibTorchException>(() => { Dispatcher.Call("aten::no_such_operator", ""); });

        Assert.Contains("aten::no_such_operator", e.Message, StringComparison.Ordinal);
    }
}
