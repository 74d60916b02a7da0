using System.Text.Json;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Studies;

/// <summary>How an answer of a study was sampled, as stored with it and exported.</summary>
public sealed record StudySampling(
    double Temperature, double TopP, int TopK, double RepetitionPenalty, int MaxNewTokens, long? Seed, int Tokens, string FinishReason)
{
    public StudySampling(ReplySettings settings, StudyAnswer answer) : this(
        settings.Temperature, settings.TopP, settings.TopK, settings.RepetitionPenalty, settings.MaxNewTokens, settings.Seed, answer.Tokens,
        answer.WasCut ? "length" : "stop")
    {
    }

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public string ToJson() => JsonSerializer.Serialize(this, Options);
}

/// <summary>A model could not answer a prompt of a study; the message names both.</summary>
public sealed class StudyGenerationException : Exception
{
    public StudyGenerationException() { }

    public StudyGenerationException(string message) : base(message) { }

    public StudyGenerationException(string message, Exception? innerException) : base(message, innerException) { }
}
