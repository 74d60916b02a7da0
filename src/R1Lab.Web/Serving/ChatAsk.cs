using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;

namespace R1Lab.Web.Serving;

/// <summary>What one client asks of one model.</summary>
/// <param name="Model">A registered name; null: the only or first base.</param>
/// <param name="Prompts">One or more; each is answered <see cref="Choices"/> times.</param>
public sealed record ChatAsk(string? Model, params IReadOnlyList<AskedPrompt> Prompts)
{
    /// <summary>How to sample, from what the model advises; the number of new tokens is not taken from it.</summary>
    public required Func<GenerationDefaults, GenerationSettings> Settings { get; init; }

    public required AnswerLength Length { get; init; }

    /// <summary>Answers to each prompt: the first has the seed that was asked for, each next one a seed higher by one.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>The field that decides how many answers there are, for refusals.</summary>
    public string CountField { get; init; } = "n";
}

/// <summary>How many tokens an answer may have.</summary>
/// <param name="Tokens">The wanted number.</param>
/// <param name="Field">The field that asks for exactly so many; null: as many as there is room for, at most <paramref name="Tokens"/>.</param>
public sealed record AnswerLength(int Tokens, string? Field)
{
    public static AnswerLength UpTo(int tokens) => new(tokens, null);

    /// <param name="tokens">What the client asks for; null: as many as there is room for, at most <paramref name="otherwise"/>.</param>
    /// <param name="field">The client's field.</param>
    /// <param name="otherwise">For clients that do not say.</param>
    /// <param name="least">The smallest number that may be asked for.</param>
    /// <exception cref="AskRefusedException">Fewer than <paramref name="least"/>.</exception>
    public static AnswerLength Of(int? tokens, string field, int otherwise = int.MaxValue, int least = 1) => tokens switch
    {
        null => UpTo(otherwise),
        { } wanted when wanted >= least => new(wanted, field),
        { } wanted => throw new AskRefusedException(field, "ask_length_small", $"{field} must be at least {least}, got {wanted}."),
    };

    /// <summary>The number for a prompt.</summary>
    /// <exception cref="AskRefusedException">The model takes no prompt and answer of that length.</exception>
    internal int For(ModelVocabulary model, int promptTokens, string promptField, bool mayBeNone)
    {
        model.CheckLength(promptTokens, Field is null ? mayBeNone ? 0 : 1 : Tokens, Field ?? promptField);
        return Field is null ? Math.Min(Tokens, model.MaxLength - promptTokens) : Tokens;
    }
}
