using R1Lab.Engine.Generation;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Api.OpenAi;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
public static class ChatCompletions
{
    public static async Task<IResult> CompleteAsync(ChatCompletionRequest request, ChatService chat, HttpContext context)
    {
        using var answers = await chat.AskAsync(request.Ask(), context.RequestAborted);
        var writer = new Writer(answers, request);
        if (request.Stream != true) return Results.Json(writer.Whole(await answers.FinishAsync(context.RequestAborted)));
        await writer.StreamAsync(context);
        return Results.Empty;
    }

    private sealed class Writer(OpenAnswers answers, ChatCompletionRequest request)
    {
        private readonly string _id = $"chatcmpl-{Guid.NewGuid():N}";
        private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        private readonly TokenReport[] _reports =
            [.. answers.Planned.Select(planned => new TokenReport(answers.Facts.Vocabulary?.Tokenizer, planned.Request.Settings.SkipSpecialTokens))];

        private IReadOnlyList<int> Prompt => answers.Planned[0].Prompt.Tokens;

        public ChatAnswer Whole(IReadOnlyList<FinishedAnswer> finished) =>
            new(_id, _created, answers.Facts.Name, [.. finished.Select(Choice)], new Usage(Prompt.Count, finished.Sum(answer => answer.End.Tokens ?? 0)), answers.Facts.Fingerprint)
            {
                PromptTokenIds = request.ReturnTokenIds == true ? Prompt : null,
            };

        public async Task StreamAsync(HttpContext context)
        {
            var stream = new EventStream(context.Response);
            await stream.RunAsync(() => WriteAsync(stream, context.RequestAborted), context.RequestAborted);
        }

        private async Task WriteAsync(EventStream stream, CancellationToken cancellation)
        {
            var completion = 0;
            for (var i = 0; i < answers.Planned.Count; i++) await stream.SendAsync(Beginning(i), cancellation);
            await foreach (var update in stream.KeepAwakeAsync(answers.UpdatesAsync(cancellation), cancellation))
            {
                completion += update.End?.End.Tokens ?? 0;
                if (Part(update) is { } part) await stream.SendAsync(Chunk([part]), cancellation);
            }

            if (request.StreamOptions?.IncludeUsage == true) await stream.SendAsync(Chunk([]) with { Usage = new Usage(Prompt.Count, completion) }, cancellation);
            await stream.EndAsync(cancellation);
        }

        private ChatChoice Choice(FinishedAnswer answer, int index)
        {
            var message = new ChatAnswerMessage(answer.Answer, answer.Thought.Length == 0 ? null : answer.Thought);
            var result = answer.End.Result;
            var logprobs = request.Logprobs != true || result is null ? null
                : ChatLogprobs.Of(TokenReport.Of(answers.Facts.Vocabulary?.Tokenizer, answers.Planned[index].Request.Settings.SkipSpecialTokens, result.Tokens, result.Logprobs));
            return new ChatChoice(index, message, logprobs, FinishReasons.Name(answer.End.Finish))
            {
                TokenIds = request.ReturnTokenIds == true ? result?.Tokens : null,
            };
        }

        private ChatChunk Beginning(int index)
        {
            var chunk = Chunk([new ChatChunkChoice(index, new ChatDelta { Role = "assistant", Content = "" }, null, null)]);
            return index == 0 && request.ReturnTokenIds == true ? chunk with { PromptTokenIds = Prompt } : chunk;
        }

        // Null for a token whose text is not certain yet and of which nothing else is reported.
        private ChatChunkChoice? Part(AnswerUpdate update)
        {
            var report = _reports[update.Index];
            var tokens = update.End is not null ? report.Finish() : update.Step.Token is { } token ? report.Push(token.TokenId, token.Logprob) : [];
            var part = new ChatChunkChoice(update.Index, Delta(update), Logprobs(tokens), update.End is { } end ? FinishReasons.Name(end.End.Finish) : null)
            {
                TokenIds = request.ReturnTokenIds == true && tokens.Count > 0 ? [.. tokens.Select(one => one.Id)] : null,
            };
            return update is { Thought: "", Answer: "", End: null } && part is { Logprobs: null, TokenIds: null } ? null : part;
        }

        private ChatLogprobs? Logprobs(IReadOnlyList<ReportedToken> tokens) => request.Logprobs == true ? ChatLogprobs.Of(tokens) : null;

        private static ChatDelta Delta(AnswerUpdate update) => new()
        {
            Content = update.Answer.Length == 0 ? null : update.Answer,
            ReasoningContent = update.Thought.Length == 0 ? null : update.Thought,
        };

        private ChatChunk Chunk(IReadOnlyList<ChatChunkChoice> parts) => new(_id, _created, answers.Facts.Name, parts, answers.Facts.Fingerprint);
    }
}
