using System.Globalization;
using System.Text;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Quantization;

public sealed class DequantizeKernelsTests : IDisposable
{
    private static readonly ScalarType[] Types = [ScalarType.BFloat16, ScalarType.Float16, ScalarType.Float32];

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>Whole and broken blocks of 64, rows that lie on 16 bytes and rows that do not, more than 256 blocks, more than one block of threads.</summary>
    public static TheoryData<int, int> Shapes => new() { { 1, 1 }, { 3, 7 }, { 5, 13 }, { 8, 64 }, { 7, 100 }, { 130, 136 }, { 1025, 1031 }, { 1200, 4096 } };

    [Theory, MemberData(nameof(Shapes))]
    public void Nf4_OnACard_IsTheOperatorsBitForBit(int outputs, int inputs)
    {
        SkipWithoutACard();
        var weight = Nf4WeightTests.Random(outputs, outputs, inputs).cuda();
        foreach (var doubleQuantization in (bool[])[false, true])
        {
            using var quantized = Nf4Weight.Quantize(weight, doubleQuantization);

            var byKernel = Types.Select(type => Bytes(quantized.Dense(type))).ToArray();

            Assert.Null(DequantizeKernels.Failure);
            Assert.Equal(Types.Select(type => Bytes(quantized.DenseByOperators(type))), byKernel);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Int8_OnACard_IsTheOperatorsBitForBit(int outputs, int inputs)
    {
        SkipWithoutACard();
        using var quantized = Int8Weight.Quantize(Nf4WeightTests.Random(outputs, outputs, inputs).cuda());

        var byKernel = Types.Select(type => Bytes(quantized.Dense(type))).ToArray();

        Assert.Null(DequantizeKernels.Failure);
        Assert.Equal(Types.Select(type => Bytes(quantized.DenseByOperators(type))), byKernel);
    }

    [Theory, InlineData(0.02f), InlineData(1e-6f), InlineData(3e4f)]
    public void Dense_OnTheCpu_IsTheFloatProductRoundedOnce(float size)
    {
        var weight = Nf4WeightTests.Random(9, 37, 129) * (size / 0.02f);
        using var nf4 = Nf4Weight.Quantize(weight, doubleQuantization: true);
        using var int8 = Int8Weight.Quantize(weight);

        foreach (var quantized in (IQuantizedWeight[])[nf4, int8])
        {
            Assert.Equal(Types.Select(type => Bytes(quantized.Dense(ScalarType.Float32).to(type))), Types.Select(type => Bytes(quantized.Dense(type))));
        }
    }

    [Fact]
    public void Source_StartsWithTheSixteenNumbers()
    {
        var line = DequantizeKernels.Source.Split('\n')[0];

        var numbers = line["#define NF4_NUMBERS ".Length..].Split(", ").Select(text => float.Parse(text.TrimEnd('f'), CultureInfo.InvariantCulture));
        Assert.Equal(Nf4Weight.Values, numbers);
    }

    [Theory, InlineData("sm_75"), InlineData("sm_80"), InlineData("sm_90")]
    public void Source_Compiled_HasAKernelForEveryType(string architecture)
    {
        SkipWithoutACompiler();

        var code = Encoding.Latin1.GetString(Nvrtc.Compile("Dequantize.cu", DequantizeKernels.Source, architecture));

        string[] kernels = [.. ((string[])["bfloat16", "float16", "float"]).SelectMany(type => (string[])[$"nf4_to_{type}", $"int8_to_{type}"])];
        Assert.Equal(kernels, kernels.Where(kernel => code.Contains($".text.{kernel}\0", StringComparison.Ordinal)));
    }

    [Fact]
    public void Compile_TextWithAnError_SaysWhere()
    {
        SkipWithoutACompiler();

        var error = Assert.Throws<CudaKernelException>(() => Nvrtc.Compile("wrong.cu", "\n__device__ int f() { return unknown; }", "sm_80"));

        Assert.Contains("wrong.cu(2)", error.Message, StringComparison.Ordinal);
    }

    // Without a card for want of a driver, on one for the text's sake.
    [Fact]
    public void TryLaunch_KernelThatCannotBeHad_AnswersFalseAndKeepsTheFirstReason()
    {
        var kernels = new CudaKernels("wrong.cu", "no program");

        var (first, reason, second) = (kernels.TryLaunch("missing", 0, 1, 1), kernels.Failure, kernels.TryLaunch("other", 0, 1, 1));

        Assert.Equal((false, false), (first, second));
        Assert.NotNull(reason);
        Assert.Same(reason, kernels.Failure);
    }

    private static void SkipWithoutACard() => Assert.SkipUnless(ComputeDevice.CardCount() > 0, "No NVIDIA card works here: kernels run on one only.");

    private static void SkipWithoutACompiler() => Assert.SkipUnless(Nvrtc.IsAvailable, "NVIDIA's run-time compiler (NVRTC) is not installed here.");

    private static byte[] Bytes(Tensor tensor) => tensor.cpu().contiguous().bytes.ToArray();
}
