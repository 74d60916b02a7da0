using R1Lab.Engine.Generation;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api.OpenAi;

/// <summary><c>POST /v1/completions</c>.</summary>
public static class Completions
{
    public static async Task<IResult> CompleteAsync(CompletionRequest request, ModelHost host, HttpContext context)
    {
        using var session = await host.OpenAsync(request.Model, context.RequestAborted);
        var prompts = request.Prompts(session);
        var choices = prompts.SelectMany(p => GenerationRace.Choices(session, p.Tokens, request.Settings(session, p.Tokens.Count), request.N ?? 1)).ToList();
        session.Reserve(choices.Count, "prompt");
        var answer = new Writer(session, request, prompts, choices);
        if (request.Stream != true) return Results.Json(answer.Whole(await new GenerationRace(session, choices).ResultsAsync(context.RequestAborted)));
        await answer.StreamAsync(context);
        return Results.Empty;
    }

    private sealed class Writer(ModelSession session, CompletionRequest request, IReadOnlyList<CompletionPrompt> prompts, IReadOnlyList<GenerationRequest> choices)
    {
        private readonly string _id = $"cmpl-{Guid.NewGuid():N}";
        private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        private readonly int[] _written = new int[choices.Count];
        private readonly int[] _scored = new int[choices.Count];
        private readonly string?[] _echoed = new string?[choices.Count];
        private readonly HashSet<int> _begun = [];

        public CompletionAnswer Whole(IReadOnlyList<GenerationResult> results) => Answer([.. results.Select(Choice)]) with
        {
            Usage = new Usage(PromptTokens(), results.Sum(r => r.Tokens.Count)),
        };

        public async Task StreamAsync(HttpContext context)
        {
            var stream = new EventStream(context.Response);
            await stream.RunAsync(() => WriteAsync(stream, context), context.RequestAborted);
        }

        private async Task WriteAsync(EventStream stream, HttpContext context)
        {
            var completion = 0;
            await foreach (var next in new GenerationRace(session, choices).EventsAsync(stream, context.RequestAborted))
            {
                completion += next.Result?.Tokens.Count ?? 0;
                await stream.SendAsync(Answer([Piece(next)]), context.RequestAborted);
            }

            if (request.StreamOptions?.IncludeUsage == true)
                await stream.SendAsync(Answer([]) with { Usage = new Usage(PromptTokens(), completion) }, context.RequestAborted);
            await stream.EndAsync(context.RequestAborted);
        }

        private CompletionAnswer Answer(IReadOnlyList<CompletionChoice> parts) =>
            new(_id, _created, session.Name, parts) { SystemFingerprint = session.Fingerprint };

        private CompletionChoice Choice(GenerationResult result, int index)
        {
            var prompt = choices[index].Prompt;
            var echoed = request.Echo == true ? PromptText(index) : "";
            return new CompletionChoice(index, echoed + result.Text, Logprobs(prompt, echoed, result), FinishReasons.Name(result.Finish))
            {
                PromptTokenIds = request.ReturnTokenIds == true ? prompt : null,
                TokenIds = request.ReturnTokenIds == true ? result.Tokens : null,
            };
        }

        private CompletionLogprobs? Logprobs(IReadOnlyList<int> prompt, string echoed, GenerationResult result)
        {
            if (request.Logprobs is null) return null;
            IReadOnlyList<TokenLogprob?> generated = result.Logprobs ?? [];
            if (request.Echo != true) return CompletionLogprobs.Of(session, result.Tokens, generated, 0);
            IReadOnlyList<TokenLogprob?> scores = [.. result.PromptLogprobs ?? [], .. generated];
            return CompletionLogprobs.Of(session, [.. prompt, .. result.Tokens], scores, EchoOffset(prompt, echoed));
        }

        private CompletionChoice Piece(ChoiceEvent next) => next.Result is { } result
            ? Part(next.Index, Held(next.Index, result), [], [], result.PromptLogprobs) with { FinishReason = FinishReasons.Name(result.Finish) }
            : Part(next.Index, next.Step!.Text, [next.Step.TokenId], [next.Step.Logprob], next.Step.PromptLogprobs);

        // Text that was held back until the end (a half-written character, the beginning of a stop string) comes with the last piece.
        private string Held(int index, GenerationResult result) => result.Text.Length > _written[index] ? result.Text[_written[index]..] : "";

        // The first piece of a choice carries its prompt, where that was asked for.
        private CompletionChoice Part(int index, string text, int[] ids, TokenLogprob?[] logprobs, IReadOnlyList<TokenLogprob?>? promptLogprobs)
        {
            var prompt = choices[index].Prompt;
            var isFirst = _begun.Add(index);
            var echoes = isFirst && request.Echo == true;
            if (echoes) _echoed[index] = PromptText(index);
            // Of tokens, not of text sent: the text may be held back for a stop text while its tokens are reported.
            var offset = _scored[index] + (_echoed[index]?.Length ?? 0);
            _scored[index] += ids.Sum(id => session.TokenText(id).Length);
            _written[index] += text.Length;
            var before = echoes ? EchoOffset(prompt, _echoed[index]!) : offset;
            var scores = request.Logprobs is null ? null
                : echoes ? CompletionLogprobs.Of(session, [.. prompt, .. ids], [.. promptLogprobs ?? [], .. logprobs], before)
                : ids.Length == 0 ? null : CompletionLogprobs.Of(session, ids, logprobs, before);
            return new CompletionChoice(index, echoes ? _echoed[index] + text : text, scores, null)
            {
                PromptTokenIds = isFirst && request.ReturnTokenIds == true ? prompt : null,
                TokenIds = ids.Length > 0 && request.ReturnTokenIds == true ? ids : null,
            };
        }

        // Negative where the prompt begins with tokens that its text does not show, such as the one that begins a text.
        private int EchoOffset(IReadOnlyList<int> prompt, string echoed) => echoed.Length - prompt.Sum(id => session.TokenText(id).Length);

        // The choices of one prompt follow each other.
        private string PromptText(int index)
        {
            var prompt = prompts[index / (choices.Count / prompts.Count)];
            return prompt.Text ?? session.Text(prompt.Tokens);
        }

        private int PromptTokens() => prompts.Sum(p => p.Tokens.Count);
    }
}
