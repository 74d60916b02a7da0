using System.Text.Json.Nodes;

namespace R1Lab.Engine.Modeling;

/// <summary>The decoder families this engine computes.</summary>
public enum DecoderFamily { Llama, Qwen2, Qwen3 }

/// <summary>
/// The shape and arithmetic of one decoder, read from a Hugging Face <c>config.json</c> in any spelling of transformers 4 and 5.
/// What the code would compute differently than its author meant is refused by name.
/// </summary>
public sealed record DecoderConfig
{
    public required DecoderFamily Family { get; init; }
    public required int VocabSize { get; init; }
    public required int HiddenSize { get; init; }
    public required int IntermediateSize { get; init; }
    public required int LayerCount { get; init; }
    public required int HeadCount { get; init; }
    public required int KeyValueHeadCount { get; init; }
    public required int HeadDim { get; init; }
    public required int MaxPositions { get; init; }
    public double RmsNormEpsilon { get; init; } = 1e-6;
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Null: positions as trained.</summary>
    public RopeScaling? RopeScaling { get; init; }

    public bool TieWordEmbeddings { get; init; }

    /// <summary>Bias on the q, k and v projections.</summary>
    public bool QkvBias { get; init; }

    /// <summary>Bias on the o projection.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Bias on gate, up and down.</summary>
    public bool MlpBias { get; init; }

    /// <summary>RMS norm over each head of q and k (Qwen3).</summary>
    public bool QkNorm { get; init; }

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>The dtype the config says its weights are in (<c>float32</c>, <c>bfloat16</c>, …); null when it says nothing.</summary>
    public string? Dtype { get; init; }

    /// <summary>How many numbers the model holds; tied embeddings count once.</summary>
    public long ParameterCount => Decoder.ParameterShapes(this).Sum(p => p.Value.Aggregate(1L, (product, size) => product * size));

    /// <summary>Reads a config object.</summary>
    /// <param name="configJson">The parsed <c>config.json</c>.</param>
    /// <param name="source">The file as the user knows it, for messages.</param>
    /// <exception cref="BadInputException">A field is missing, malformed or asks for something this engine does not compute.</exception>
    public static DecoderConfig Parse(JsonObject configJson, string source) => DecoderConfigReader.Read(new ConfigFields(configJson, source));

    /// <summary>The config as transformers 4 spells it (which transformers 5 reads as well).</summary>
    public JsonObject ToJson(string dtype) => DecoderConfigWriter.Write(this, dtype);
}
