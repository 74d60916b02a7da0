using R1Lab.Engine.Modeling;

namespace R1Lab.Bench;

/// <summary>Shapes of published models as their <c>config.json</c> on the hub gives them, and the small Llama that speeds are compared on.</summary>
internal static class PublishedShapes
{
    public static IReadOnlyDictionary<string, DecoderConfig> All { get; } = new Dictionary<string, DecoderConfig>(StringComparer.Ordinal)
    {
        ["llama-30m"] = new()
        {
            Family = DecoderFamily.Llama,
            VocabSize = 4096,
            HiddenSize = 512,
            IntermediateSize = 1376,
            LayerCount = 8,
            HeadCount = 8,
            KeyValueHeadCount = 4,
            HeadDim = 64,
            MaxPositions = 4096,
            RmsNormEpsilon = 1e-5,
        },
        ["distill-qwen-1.5b"] = new()
        {
            Family = DecoderFamily.Qwen2,
            VocabSize = 151936,
            HiddenSize = 1536,
            IntermediateSize = 8960,
            LayerCount = 28,
            HeadCount = 12,
            KeyValueHeadCount = 2,
            HeadDim = 128,
            MaxPositions = 131072,
            RopeTheta = 10000,
            QkvBias = true,
        },
        ["distill-qwen-7b"] = new()
        {
            Family = DecoderFamily.Qwen2,
            VocabSize = 152064,
            HiddenSize = 3584,
            IntermediateSize = 18944,
            LayerCount = 28,
            HeadCount = 28,
            KeyValueHeadCount = 4,
            HeadDim = 128,
            MaxPositions = 131072,
            RopeTheta = 10000,
            QkvBias = true,
        },
        ["distill-llama-8b"] = new()
        {
            Family = DecoderFamily.Llama,
            VocabSize = 128256,
            HiddenSize = 4096,
            IntermediateSize = 14336,
            LayerCount = 32,
            HeadCount = 32,
            KeyValueHeadCount = 8,
            HeadDim = 128,
            MaxPositions = 131072,
            RmsNormEpsilon = 1e-5,
            RopeTheta = 500000,
            RopeScaling = new RopeScaling.Llama3(8, 1, 4, 8192),
        },
        ["r1-0528-qwen3-8b"] = new()
        {
            Family = DecoderFamily.Qwen3,
            VocabSize = 151936,
            HiddenSize = 4096,
            IntermediateSize = 12288,
            LayerCount = 36,
            HeadCount = 32,
            KeyValueHeadCount = 8,
            HeadDim = 128,
            MaxPositions = 131072,
            RopeTheta = 1000000,
            QkNorm = true,
            RopeScaling = new RopeScaling.Yarn(4, 32768, null, 32, 1, true),
        },
    };
}
