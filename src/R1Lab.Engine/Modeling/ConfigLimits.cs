namespace R1Lab.Engine.Modeling;

/// <summary>
/// The largest numbers a <c>config.json</c> may state. They lie well above every published decoder; a number beyond them is a broken or hostile
/// file, and work or memory in proportion to it must not be started.
/// </summary>
internal static class ConfigLimits
{
    /// <summary>Llama 3.1 405B has 126.</summary>
    public const int Layers = 1_000;

    public const int Heads = 4_096;

    public const int HeadDim = 4_096;

    /// <summary>Llama 3.1 405B has 16,384.</summary>
    public const int HiddenSize = 1 << 18;

    public const int IntermediateSize = 1 << 20;

    public const int Vocabulary = Tokenization.Vocabulary.LargestId + 1;

    /// <summary>Llama 4 states 10 million.</summary>
    public const int Positions = 100_000_000;

    /// <summary>Factors of rotary scaling.</summary>
    public const double Factor = 1e6;

    public const double RopeTheta = 1e15;

    public const double Epsilon = 1;

    public const double InitializerRange = 100;
}
