namespace R1Lab.Data.Studies;

/// <summary>Which prompts models were trained on, as far as the lab knows.</summary>
public sealed class TrainedPrompts
{
    private readonly Dictionary<string, Source> _models;

    internal TrainedPrompts(Dictionary<string, Source> models) => _models = models;

    /// <summary>
    /// Whether a prompt was among the training rows of the runs behind a model. Null when that is not known: the model is not registered
    /// here, or a dataset it was trained on is gone.
    /// </summary>
    public bool? Contains(string model, string prompt)
    {
        if (!_models.TryGetValue(model, out var source)) return null;
        if (PromptHash.Of(prompt) is { } hash && source.Hashes.Contains(hash)) return true;
        return source.IsWhole ? false : null;
    }

    /// <summary>How many of the prompts a model was trained on.</summary>
    public int Count(string model, IEnumerable<string> prompts) => prompts.Count(prompt => Contains(model, prompt) == true);

    /// <summary>Marks each answer of an item.</summary>
    public NewStudyItem Mark(NewStudyItem item) =>
        item with { Responses = [.. item.Responses.Select(response => response with { TrainedOn = Contains(response.ModelName, item.Prompt) })] };

    internal sealed record Source(HashSet<long> Hashes, bool IsWhole);
}
