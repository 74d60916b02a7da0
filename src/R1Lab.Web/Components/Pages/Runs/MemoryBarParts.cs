using R1Lab.Engine.Devices;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>One colour of the bar.</summary>
public sealed record MemoryBarPart(string Key, long Bytes);

/// <summary>The plan's parts as they are shown: what nobody can tell apart stands together. Always all of them, so that the legend keeps its place.</summary>
public static class MemoryBarParts
{
    private static readonly (string Key, MemoryPart[] Parts)[] Shown =
    [
        ("weights", [MemoryPart.Weights]),
        ("adapter", [MemoryPart.Adapter]),
        ("gradients", [MemoryPart.Gradients]),
        ("optimizer", [MemoryPart.Optimizer]),
        ("activations", [MemoryPart.Activations, MemoryPart.Working]),
        ("logits", [MemoryPart.Logits]),
        ("kv", [MemoryPart.KeyValueCache]),
        ("chat", [MemoryPart.ChatModel]),
        ("overhead", [MemoryPart.Runtime, MemoryPart.Overhead]),
    ];

    public static IReadOnlyList<string> Keys { get; } = [.. Shown.Select(one => one.Key)];

    public static IReadOnlyList<MemoryBarPart> Of(MemoryPlan plan) => [.. Shown.Select(one => new MemoryBarPart(one.Key, one.Parts.Sum(plan.BytesOf)))];
}
