using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Serving;

/// <summary>
/// Asks models: the one place where a prompt is rendered, encoded and checked against the model's limits, and where thoughts are split from
/// answers. Pages, HTTP interfaces and studies go through it.
/// </summary>
public sealed class ChatService(EngineDirectory engines, ModelHost host)
{
    /// <summary>Opens the model and prepares everything up to the first token; nothing can be refused after this.</summary>
    /// <returns>The answers, to be read once; disposing them lets the model go.</returns>
    /// <exception cref="AskRefusedException">The model cannot be asked this.</exception>
    /// <exception cref="ModelUnavailableException">There is no such model, or it does not load.</exception>
    /// <exception cref="ModelBusyException">Too many requests wait already.</exception>
    public async Task<OpenAnswers> AskAsync(ChatAsk ask, CancellationToken cancellationToken)
    {
        var engine = await engines.OpenAsync(ask.Model, cancellationToken);
        try
        {
            var answers = ask.Prompts.SelectMany(prompt => Prepare(ask, prompt, engine.Facts)).ToList();
            engine.Reserve(answers.Count, ask.CountField);
            return new OpenAnswers(engine, answers);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>What a model would be given, without loading it; the length is not checked.</summary>
    /// <exception cref="AskRefusedException">The model cannot be given this.</exception>
    /// <exception cref="ModelUnavailableException">There is no such model.</exception>
    public async Task<(PreparedPrompt Prompt, ModelVocabulary Model)> EncodeAsync(string? model, AskedPrompt prompt, CancellationToken cancellationToken)
    {
        var vocabulary = await host.OpenVocabularyAsync(model, cancellationToken);
        vocabulary.RequireTokenizer("model");
        return (prompt.Encode(vocabulary), vocabulary);
    }

    private static IEnumerable<PlannedAnswer> Prepare(ChatAsk ask, AskedPrompt prompt, EngineFacts facts)
    {
        var (prepared, settings) = Prepare(ask, prompt, facts, ask.Settings(facts.Defaults));
        if (settings.Problems().FirstOrDefault(problem => problem.IsError) is { } wrong) throw new AskRefusedException(wrong);
        var messages = (prompt as ChatPrompt)?.Turns ?? [];
        return Enumerable.Range(0, ask.Choices)
            .Select(i => new PlannedAnswer(prompt, prepared, new EngineRequest(messages, prepared.Tokens, settings with { Seed = settings.Seed + i })));
    }

    private static (PreparedPrompt Prompt, GenerationSettings Settings) Prepare(ChatAsk ask, AskedPrompt prompt, EngineFacts facts, GenerationSettings settings)
    {
        if (facts.Vocabulary is { } model)
        {
            var prepared = prompt.Prepare(model);
            return (prepared, settings with { MaxNewTokens = ask.Length.For(model, prepared.Tokens.Count, prompt.Field, settings.Echo) });
        }

        if (prompt is not ChatPrompt { Turns: not null })
            throw new AskRefusedException(prompt.Field, "ask_turns_only", $"The model '{facts.Name}' answers at another server and takes plain conversations only.");
        return (new PreparedPrompt([], ThoughtState.None), settings with { MaxNewTokens = ask.Length.Tokens });
    }
}
