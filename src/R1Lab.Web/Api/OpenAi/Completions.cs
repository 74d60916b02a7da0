using R1Lab.Engine.Generation;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api.OpenAi;

/// <summary><c>POST /v1/completions</c>.</summary>
public static class Completions
{
    public static async Task<IResult> CompleteAsync(CompletionRequest request, ModelHost host, HttpContext context)
    {
        using var session = await host.OpenAsync(request.Model, context.RequestAborted);
        var prompts = request.PromptTokens(session);
        var choices = prompts.SelectMany(p => GenerationRace.Choices(session, p, request.Settings(session, p.Count), request.N ?? 1)).ToList();
        session.CheckRoom(choices.Count);
        var answer = new Writer(session, request, choices);
        if (request.Stream != true) return Results.Json(answer.Whole(await new GenerationRace(session, choices).ResultsAsync(context.RequestAborted)));
        await answer.StreamAsync(context);
        return Results.Empty;
    }

    private sealed class Writer(ModelSession session, CompletionRequest request, IReadOnlyList<GenerationRequest> choices)
    {
        private readonly string _id = $"cmpl-{Guid.NewGuid():N}";
        private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        private readonly int[] _written = new int[choices.Count];

        public CompletionAnswer Whole(IReadOnlyList<GenerationResult> results) => Answer([.. results.Select(Choice)]) with
        {
            Usage = new Usage(DistinctPromptTokens(), results.Sum(r => r.Tokens.Count)),
        };

        public async Task StreamAsync(HttpContext context)
        {
            var stream = new EventStream(context.Response);
            stream.Begin();
            var completion = 0;
            await foreach (var next in new GenerationRace(session, choices).EventsAsync(stream, context.RequestAborted))
            {
                completion += next.Result?.Tokens.Count ?? 0;
                if (Piece(next) is { } choice) await stream.SendAsync(Answer([choice]), context.RequestAborted);
            }

            if (request.StreamOptions?.IncludeUsage == true)
                await stream.SendAsync(Answer([]) with { Usage = new Usage(DistinctPromptTokens(), completion) }, context.RequestAborted);
            await stream.EndAsync(context.RequestAborted);
        }

        private CompletionAnswer Answer(IReadOnlyList<CompletionChoice> parts) =>
            new(_id, _created, session.Name, parts) { SystemFingerprint = session.Fingerprint };

        private CompletionChoice Choice(GenerationResult result, int index)
        {
            var prompt = choices[index].Prompt;
            var echoed = request.Echo == true ? session.Text(prompt) : "";
            return new CompletionChoice(index, echoed + result.Text, Logprobs(prompt, result), FinishReasons.Name(result.Finish))
            {
                PromptTokenIds = request.ReturnTokenIds == true ? prompt : null,
                TokenIds = request.ReturnTokenIds == true ? result.Tokens : null,
            };
        }

        private CompletionLogprobs? Logprobs(IReadOnlyList<int> prompt, GenerationResult result)
        {
            if (request.Logprobs is null) return null;
            IReadOnlyList<TokenLogprob?> generated = result.Logprobs ?? [];
            return request.Echo == true
                ? CompletionLogprobs.Of(session, [.. prompt, .. result.Tokens], [.. result.PromptLogprobs ?? [], .. generated], 0)
                : CompletionLogprobs.Of(session, result.Tokens, generated, 0);
        }

        private CompletionChoice? Piece(ChoiceEvent next)
        {
            if (next.Result is { } result) return End(next.Index, result);
            var step = next.Step!;
            var offset = _written[next.Index];
            _written[next.Index] += step.Text.Length;
            var logprobs = step.Logprob is null ? null : CompletionLogprobs.Of(session, [step.TokenId], [step.Logprob], offset);
            return new CompletionChoice(next.Index, Echoed(next.Index, offset) + step.Text, logprobs, null)
            {
                TokenIds = request.ReturnTokenIds == true ? [step.TokenId] : null,
            };
        }

        // Text that was held back until the end (a half-written character, the beginning of a stop string) comes with the last piece.
        private CompletionChoice End(int index, GenerationResult result)
        {
            var held = result.Text.Length > _written[index] ? result.Text[_written[index]..] : "";
            return new CompletionChoice(index, Echoed(index, _written[index]) + held, null, FinishReasons.Name(result.Finish));
        }

        private readonly HashSet<int> _echoed = [];

        private string Echoed(int index, int offset) =>
            request.Echo == true && offset == 0 && _echoed.Add(index) ? session.Text(choices[index].Prompt) : "";

        private int DistinctPromptTokens() => choices.Select(c => c.Prompt).Distinct(ReferenceEqualityComparer.Instance).Sum(p => ((IReadOnlyList<int>)p!).Count);
    }
}
