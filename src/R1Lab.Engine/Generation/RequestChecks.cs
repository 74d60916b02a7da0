using R1Lab.Engine.Modeling;

namespace R1Lab.Engine.Generation;

/// <summary>What a model cannot answer is refused before it waits in a queue.</summary>
internal static class RequestChecks
{
    public static void Check(GenerationRequest request, DecoderConfig config)
    {
        if (request.Settings.Problems().FirstOrDefault(p => p.IsError) is { } problem) throw Bad(problem.Field, problem.Message);
        var count = request.Prompt.Count;
        if (count == 0) throw Bad("prompt", "is empty: give at least one token");
        if (count > config.MaxPositions) throw Bad("prompt", $"has {count} tokens, the model reads at most {config.MaxPositions}");
        if (request.Settings.MaxNewTokens > 0 && count == config.MaxPositions) throw Bad("prompt", $"has {count} tokens, which leaves no place for a reply (the model reads at most {config.MaxPositions})");
        foreach (var id in request.Prompt)
        {
            if (id < 0 || id >= config.VocabSize) throw Bad("prompt", $"token {id} is not in the model's vocabulary (0 to {config.VocabSize - 1})");
        }
    }

    private static BadInputException Bad(string place, string reason) => new("request", place, reason);
}
