namespace R1Lab.Engine.Generation;

/// <summary>One reply asked for.</summary>
/// <param name="Prompt">Token ids, at least one.</param>
/// <param name="Settings">Settings without errors.</param>
/// <param name="Adapter">Name of an adapter of the loaded model; null: the base alone.</param>
public sealed record GenerationRequest(IReadOnlyList<int> Prompt, GenerationSettings Settings, string? Adapter = null);
