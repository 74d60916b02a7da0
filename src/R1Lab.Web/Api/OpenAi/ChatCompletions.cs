using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api.OpenAi;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
public static class ChatCompletions
{
    public static async Task<IResult> CompleteAsync(ChatCompletionRequest request, ModelHost host, HttpContext context)
    {
        using var session = await host.OpenAsync(request.Model, context.RequestAborted);
        var rendered = request.Render(session);
        var prompt = session.RequireTokenizer("messages").Encode(rendered.Text, addSpecialTokens: false);
        session.CheckPrompt(prompt, "messages");
        var choices = GenerationRace.Choices(session, prompt, request.Settings(session, prompt.Count), request.N ?? 1);
        session.Reserve(choices.Count, "n");
        var answer = new Writer(session, request, choices, rendered.ReplyStart);
        if (request.Stream != true) return Results.Json(answer.Whole(await new GenerationRace(session, choices).ResultsAsync(context.RequestAborted)));
        await answer.StreamAsync(context);
        return Results.Empty;
    }

    private sealed class Writer(
        ModelSession session, ChatCompletionRequest request, IReadOnlyList<GenerationRequest> choices, ThoughtState start)
    {
        private readonly string _id = $"chatcmpl-{Guid.NewGuid():N}";
        private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        private readonly ThinkingSplitter[] _splitters = [.. choices.Select(_ => new ThinkingSplitter(session.ThoughtMarks, start))];
        private readonly TokenReport[] _reports = [.. choices.Select(c => new TokenReport(session.Tokenizer, c.Settings.SkipSpecialTokens))];

        private int PromptTokens => choices[0].Prompt.Count;

        public ChatAnswer Whole(IReadOnlyList<GenerationResult> results) =>
            new(_id, _created, session.Name, [.. results.Select(Choice)], new Usage(PromptTokens, results.Sum(r => r.Tokens.Count)), session.Fingerprint)
            {
                PromptTokenIds = request.ReturnTokenIds == true ? choices[0].Prompt : null,
            };

        public async Task StreamAsync(HttpContext context)
        {
            var stream = new EventStream(context.Response);
            await stream.RunAsync(() => WriteAsync(stream, context), context.RequestAborted);
        }

        private async Task WriteAsync(EventStream stream, HttpContext context)
        {
            var completion = 0;
            for (var i = 0; i < choices.Count; i++) await BeginAsync(stream, i, context);
            await foreach (var next in new GenerationRace(session, choices).EventsAsync(stream, context.RequestAborted))
            {
                completion += next.Result?.Tokens.Count ?? 0;
                if (next.Step is { } step) await SendStepAsync(stream, next.Index, step, context);
                if (next.Result is { } result) await SendEndAsync(stream, next.Index, result, context);
            }

            if (request.StreamOptions?.IncludeUsage == true)
                await stream.SendAsync(Chunk([]) with { Usage = new Usage(PromptTokens, completion) }, context.RequestAborted);
            await stream.EndAsync(context.RequestAborted);
        }

        private ChatChoice Choice(GenerationResult result, int index)
        {
            var piece = ThinkingSplitter.Split(result.Text, result.Marks, session.ThoughtMarks, start);
            var message = new ChatAnswerMessage(piece.Answer, piece.Thought.Length == 0 ? null : piece.Thought);
            var logprobs = request.Logprobs != true ? null
                : ChatLogprobs.Of(TokenReport.Of(session.Tokenizer, choices[index].Settings.SkipSpecialTokens, result.Tokens, result.Logprobs));
            return new ChatChoice(index, message, logprobs, FinishReasons.Name(result.Finish))
            {
                TokenIds = request.ReturnTokenIds == true ? result.Tokens : null,
            };
        }

        private Task BeginAsync(EventStream stream, int index, HttpContext context)
        {
            var chunk = Chunk([new ChatChunkChoice(index, new ChatDelta { Role = "assistant", Content = "" }, null, null)]);
            return stream.SendAsync(index == 0 && request.ReturnTokenIds == true ? chunk with { PromptTokenIds = choices[0].Prompt } : chunk, context.RequestAborted);
        }

        private async Task SendStepAsync(EventStream stream, int index, GenerationStep step, HttpContext context)
        {
            var tokens = _reports[index].Push(step.TokenId, step.Logprob);
            var piece = _splitters[index].Push(step.Text, step.Marks);
            var part = new ChatChunkChoice(index, Delta(piece), Logprobs(tokens), null) { TokenIds = Ids(tokens) };
            if (piece is { Thought: "", Answer: "" } && part is { Logprobs: null, TokenIds: null }) return;
            await stream.SendAsync(Chunk([part]), context.RequestAborted);
        }

        private async Task SendEndAsync(EventStream stream, int index, GenerationResult result, HttpContext context)
        {
            var piece = _splitters[index].Flush();
            var tokens = _reports[index].Finish();
            if (piece is not { Thought: "", Answer: "" })
                await stream.SendAsync(Chunk([new ChatChunkChoice(index, Delta(piece), null, null)]), context.RequestAborted);
            var end = new ChatChunkChoice(index, new ChatDelta(), Logprobs(tokens), FinishReasons.Name(result.Finish)) { TokenIds = Ids(tokens) };
            await stream.SendAsync(Chunk([end]), context.RequestAborted);
        }

        private ChatLogprobs? Logprobs(IReadOnlyList<ReportedToken> tokens) => request.Logprobs == true ? ChatLogprobs.Of(tokens) : null;

        private int[]? Ids(IReadOnlyList<ReportedToken> tokens) =>
            request.ReturnTokenIds == true && tokens.Count > 0 ? [.. tokens.Select(token => token.Id)] : null;

        private static ChatDelta Delta(ThinkingPiece piece) => new()
        {
            Content = piece.Answer.Length == 0 ? null : piece.Answer,
            ReasoningContent = piece.Thought.Length == 0 ? null : piece.Thought,
        };

        private ChatChunk Chunk(IReadOnlyList<ChatChunkChoice> parts) => new(_id, _created, session.Name, parts, session.Fingerprint);
    }
}
