using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Api.OpenAi;

/// <summary><c>POST /v1/completions</c>.</summary>
public static class Completions
{
    public static async Task<IResult> CompleteAsync(CompletionRequest request, ChatService chat, HttpContext context)
    {
        using var answers = await chat.AskAsync(request.Ask(), context.RequestAborted);
        var writer = new Writer(answers, request);
        if (request.Stream != true) return Results.Json(writer.Whole(await answers.FinishAsync(context.RequestAborted)));
        await writer.StreamAsync(context);
        return Results.Empty;
    }

    private sealed class Writer(OpenAnswers answers, CompletionRequest request)
    {
        private readonly string _id = $"cmpl-{Guid.NewGuid():N}";
        private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        private readonly TokenReport[] _reports = [.. answers.Planned.Select(planned => new TokenReport(TokenizerOf(answers), planned.Request.Settings.SkipSpecialTokens))];
        private readonly EchoedPrompt?[] _echoes =
            [.. answers.Planned.Select(planned => request.Echo == true && answers.Facts.Vocabulary is { } model ? new EchoedPrompt(model, planned) : null)];

        private readonly HashSet<int> _begun = [];

        public CompletionAnswer Whole(IReadOnlyList<FinishedAnswer> finished) => Answer([.. finished.Select(Choice)]) with
        {
            Usage = new Usage(PromptTokens(), finished.Sum(answer => answer.End.Tokens ?? 0)),
        };

        public async Task StreamAsync(HttpContext context)
        {
            var stream = new EventStream(context.Response);
            await stream.RunAsync(() => WriteAsync(stream, context.RequestAborted), context.RequestAborted);
        }

        private async Task WriteAsync(EventStream stream, CancellationToken cancellation)
        {
            var completion = 0;
            await foreach (var update in stream.KeepAwakeAsync(answers.UpdatesAsync(cancellation), cancellation))
            {
                completion += update.End?.End.Tokens ?? 0;
                if (Piece(update) is { } piece) await stream.SendAsync(Answer([piece]), cancellation);
            }

            if (request.StreamOptions?.IncludeUsage == true) await stream.SendAsync(Answer([]) with { Usage = new Usage(PromptTokens(), completion) }, cancellation);
            await stream.EndAsync(cancellation);
        }

        private CompletionAnswer Answer(IReadOnlyList<CompletionChoice> parts) =>
            new(_id, _created, answers.Facts.Name, parts) { SystemFingerprint = answers.Facts.Fingerprint };

        private CompletionChoice Choice(FinishedAnswer answer, int index)
        {
            var result = answer.End.Result;
            var tokens = result is null ? [] : TokenReport.Of(TokenizerOf(answers), answers.Planned[index].Request.Settings.SkipSpecialTokens, result.Tokens, result.Logprobs);
            return Part(index, answer.Text, tokens, result?.PromptLogprobs) with
            {
                FinishReason = FinishReasons.Name(answer.End.Finish),
                TokenIds = request.ReturnTokenIds == true ? result?.Tokens : null,
            };
        }

        private CompletionChoice? Piece(AnswerUpdate update)
        {
            var report = _reports[update.Index];
            if (update.End is { } end)
                return Part(update.Index, update.Answer, report.Finish(), end.End.Result?.PromptLogprobs) with { FinishReason = FinishReasons.Name(end.End.Finish) };
            var token = update.Step.Token;
            var tokens = token is null ? [] : report.Push(token.TokenId, token.Logprob);
            // The beginning of a character is sent when its end is known.
            if (tokens.Count == 0 && update.Answer.Length == 0 && _begun.Contains(update.Index)) return null;
            return Part(update.Index, update.Answer, tokens, token?.PromptLogprobs);
        }

        // The first piece of a choice carries its prompt, where that was asked for.
        private CompletionChoice Part(int index, string text, IReadOnlyList<ReportedToken> tokens, IReadOnlyList<TokenLogprob?>? promptLogprobs)
        {
            var isFirst = _begun.Add(index);
            var echo = _echoes[index];
            var logprobs = request.Logprobs is null ? null : Logprobs(isFirst, echo, tokens, promptLogprobs);
            return new CompletionChoice(index, isFirst && echo is not null ? echo.Text + text : text, logprobs, null)
            {
                PromptTokenIds = isFirst && request.ReturnTokenIds == true ? answers.Planned[index].Prompt.Tokens : null,
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

        // The choices of one prompt share it.
        private int PromptTokens() => answers.Planned.Select(planned => planned.Prompt).Distinct(ReferenceEqualityComparer.Instance).Cast<PreparedPrompt>().Sum(prompt => prompt.Tokens.Count);

        private static Tokenizer? TokenizerOf(OpenAnswers answers) => answers.Facts.Vocabulary?.Tokenizer;
    }
}
