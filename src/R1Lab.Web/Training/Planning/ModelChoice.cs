using R1Lab.Engine.Modeling;

namespace R1Lab.Web.Training;

/// <summary>The model a recipe names, found and looked at.</summary>
/// <param name="Name">Its registered name, or the folder's name.</param>
/// <param name="Folder">The base model's folder.</param>
/// <param name="Adapter">An adapter to start from, or null.</param>
/// <param name="Registered">The base model's registration; null for a folder not registered yet.</param>
/// <param name="HasTokenizer">Without one, only rows of token ids can be trained.</param>
public sealed record ModelChoice(string Name, string Folder, string? Adapter, int? Registered, bool HasTokenizer, DecoderConfig Config);
