using R1Lab.Data.Models;
using R1Lab.Engine;

namespace R1Lab.Web.Serving;

public enum LoadState { NotLoaded, Loading, Loaded, Failed }

/// <summary>One model that can be asked, and whether it is in memory.</summary>
/// <param name="Record">As the lab knows it.</param>
/// <param name="BaseName">The base an adapter sits on; null for a whole model.</param>
/// <param name="MaxLength">Most tokens of prompt and answer; null while its folder cannot be read.</param>
/// <param name="CanChat">Whether it has a tokenizer and a chat template that can be used.</param>
/// <param name="State">Of the base.</param>
/// <param name="Failure">Why it cannot be loaded, in one sentence.</param>
/// <param name="MemoryBytes">Of the base's weights, when loaded.</param>
public sealed record HostedModel(RegisteredModel Record, string? BaseName, int? MaxLength, bool CanChat, LoadState State, string? Failure, long? MemoryBytes)
{
    /// <summary>What is worth knowing about the base, although it can be used.</summary>
    public IReadOnlyList<Problem> Findings { get; init; } = [];

    public string Name => Record.Name;

    public DateTimeOffset CreatedAt => Record.CreatedAt;
}
