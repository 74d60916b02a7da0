using System.Collections.Concurrent;
using R1Lab.Data.Models;
using R1Lab.Engine.Modeling;

namespace R1Lab.Web.Serving;

/// <summary>Descriptions of models that were read already. A reading that failed is not kept: the folder may be there, or be repaired, the next time.</summary>
internal sealed class DescribedModels
{
    private readonly ConcurrentDictionary<ModelKey, Lazy<ModelSummary>> _summaries = [];

    // With their vocabularies, which are large: only of models that were asked about their tokens.
    private readonly ConcurrentDictionary<ModelKey, Lazy<ModelDescription>> _descriptions = [];

    /// <exception cref="Engine.BadInputException">The folder cannot be used.</exception>
    public ModelSummary SummaryOf(RegisteredModel model) => Find(_summaries, model, () => ModelSummary.Of(ModelDescription.Read(model.Path)));

    /// <exception cref="Engine.BadInputException">The folder cannot be used.</exception>
    public ModelDescription DescriptionOf(RegisteredModel model) => Find(_descriptions, model, () => ModelDescription.Read(model.Path));

    /// <summary>Keeps what was read when the model was registered.</summary>
    public void Keep(RegisteredModel model, ModelSummary summary) => Find(_summaries, model, () => summary);

    private static T Find<T>(ConcurrentDictionary<ModelKey, Lazy<T>> known, RegisteredModel model, Func<T> read)
    {
        var key = ModelKey.Of(model);
        var found = known.GetOrAdd(key, _ => new Lazy<T>(read));
        try
        {
            var value = found.Value;
            foreach (var stale in known.Keys.Where(other => other.Id == key.Id && other != key)) known.TryRemove(stale, out _);
            return value;
        }
        catch
        {
            known.TryRemove(KeyValuePair.Create(key, found));
            throw;
        }
    }
}
