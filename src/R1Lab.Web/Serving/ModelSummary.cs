using R1Lab.Engine;
using R1Lab.Engine.Modeling;

namespace R1Lab.Web.Serving;

/// <summary>What lists show of a model that was read; small enough to be kept for every model.</summary>
/// <param name="CanChat">Whether it has a tokenizer and a chat template that can be used.</param>
/// <param name="Findings">What is worth knowing about it.</param>
public sealed record ModelSummary(DecoderConfig Config, bool CanChat, IReadOnlyList<Problem> Findings)
{
    public static ModelSummary Of(ModelDescription model) => new(model.Config, model.Text is { Tokenizer: not null, Template: not null }, [.. model.Findings]);
}
