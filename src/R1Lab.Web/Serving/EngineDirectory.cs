using R1Lab.Engine.Checkpoints;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Serving;

/// <summary>Every model that can be asked, by name: those of this lab and those behind listed endpoints.</summary>
public sealed class EngineDirectory(ModelHost host, RemoteEngines remotes)
{
    /// <summary>Opens a model; one of this lab is loaded if it has to be.</summary>
    /// <param name="name">Null: the only or first base of this lab.</param>
    /// <exception cref="ModelUnavailableException">There is no such model, or it does not load.</exception>
    /// <exception cref="EndpointException">The key of its endpoint cannot be read.</exception>
    public async Task<ITextEngine> OpenAsync(string? name, CancellationToken cancellationToken) =>
        (name is null ? null : await remotes.OpenAsync(name, cancellationToken)) ?? await host.OpenAsync(name, cancellationToken);

    /// <summary>The sampling settings that a model advises; it is not loaded for that.</summary>
    /// <exception cref="ModelUnavailableException">There is no such model.</exception>
    public async Task<GenerationDefaults> DefaultsAsync(string name, CancellationToken cancellationToken = default)
    {
        using var remote = await remotes.OpenAsync(name, cancellationToken);
        return remote?.Facts.Defaults ?? (await host.OpenVocabularyAsync(name, cancellationToken)).Defaults;
    }
}
