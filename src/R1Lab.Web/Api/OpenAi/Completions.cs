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
        private readonly TokenReport[] _reports = [.. choices.Select(c => new TokenReport(session.Tokenizer, c.Settings.SkipSpecialTokens))];
        private readonly EchoedPrompt?[] _echoes = [.. choices.Select((_, index) => Echo(session, request, prompts, choices.Count, index))];
        private readonly int[] _written = new int[choices.Count];
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
                if (Piece(next) is { } piece) await stream.SendAsync(Answer([piece]), context.RequestAborted);
            }

            if (request.StreamOptions?.IncludeUsage == true)
                await stream.SendAsync(Answer([]) with { Usage = new Usage(PromptTokens(), completion) }, context.RequestAborted);
            await stream.EndAsync(context.RequestAborted);
        }

        private CompletionAnswer Answer(IReadOnlyList<CompletionChoice> parts) =>
            new(_id, _created, session.Name, parts) { SystemFingerprint = session.Fingerprint };

        private CompletionChoice Choice(GenerationResult result, int index)
        {
            var tokens = TokenReport.Of(session.Tokenizer, choices[index].Settings.SkipSpecialTokens, result.Tokens, result.Logprobs);
            return Part(index, result.Text, tokens, result.PromptLogprobs) with
            {
                FinishReason = FinishReasons.Name(result.Finish),
                TokenIds = request.ReturnTokenIds == true ? result.Tokens : null,
            };
        }

        private CompletionChoice? Piece(ChoiceEvent next)
        {
            var report = _reports[next.Index];
            if (next.Result is { } result)
            {
                var last = Part(next.Index, Held(next.Index, result), report.Finish(), result.PromptLogprobs);
                return last with { FinishReason = FinishReasons.Name(result.Finish) };
            }

            var step = next.Step!;
            var tokens = report.Push(step.TokenId, step.Logprob);
            // The beginning of a character is sent when its end is known.
            if (tokens.Count == 0 && step.Text.Length == 0 && _begun.Contains(next.Index)) return null;
            return Part(next.Index, step.Text, tokens, step.PromptLogprobs);
        }

        // Text that was held back until the end (a half-written character, the beginning of a stop string) comes with the last piece.
        private string Held(int index, GenerationResult result) => result.Text.Length > _written[index] ? result.Text[_written[index]..] : "";

        // The first piece of a choice carries its prompt, where that was asked for.
        private CompletionChoice Part(int index, string text, IReadOnlyList<ReportedToken> tokens, IReadOnlyList<TokenLogprob?>? promptLogprobs)
        {
            var isFirst = _begun.Add(index);
            var echo = _echoes[index];
            _written[index] += text.Length;
            var logprobs = request.Logprobs is null ? null : Logprobs(isFirst, echo, tokens, promptLogprobs);
            return new CompletionChoice(index, isFirst && echo is not null ? echo.Text + text : text, logprobs, null)
            {
                PromptTokenIds = isFirst && request.ReturnTokenIds == true ? choices[index].Prompt : null,
                TokenIds = tokens.Count > 0 && request.ReturnTokenIds == true ? [.. tokens.Select(token => token.Id)] : null,
            };
        }

        private static CompletionLogprobs? Logprobs(
            bool isFirst, EchoedPrompt? echo, IReadOnlyList<ReportedToken> tokens, IReadOnlyList<TokenLogprob?>? promptLogprobs)
        {
            if (echo is null) return CompletionLogprobs.Of(tokens);
            var shifted = tokens.Select(token => token with { Offset = token.Offset + echo.Length });
            return CompletionLogprobs.Of([.. isFirst ? echo.Tokens(promptLogprobs) : [], .. shifted]);
        }

        // The choices of one prompt follow each other.
        private static EchoedPrompt? Echo(ModelSession session, CompletionRequest request, IReadOnlyList<CompletionPrompt> prompts, int choices, int index) =>
            request.Echo == true ? new EchoedPrompt(session, prompts[index / (choices / prompts.Count)]) : null;

        private int PromptTokens() => prompts.Sum(p => p.Tokens.Count);
    }
}
