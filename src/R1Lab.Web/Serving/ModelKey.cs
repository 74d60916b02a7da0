using R1Lab.Data.Models;

namespace R1Lab.Web.Serving;

/// <summary>
/// What everything is kept by that was read from a model's or an adapter's folder. A folder that was replaced on disk and registered again has another
/// fingerprint: what was read before is not found under it.
/// </summary>
public readonly record struct ModelKey(int Id, string? Fingerprint)
{
    public static ModelKey Of(RegisteredModel model) => new(model.Id, model.Fingerprint);
}
