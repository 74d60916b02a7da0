using MudBlazor;
using R1Lab.Web.Access;
using R1Lab.Web.Https;

namespace R1Lab.Web.Components.Layout;

/// <summary>One entry of the menu.</summary>
/// <param name="Href">The page's address.</param>
/// <param name="Text">Key of its text in <c>NavigationPanel.resx</c>.</param>
/// <param name="Icon">A MudBlazor icon.</param>
/// <param name="Policy">Who sees it: the page's own policy.</param>
/// <param name="Group">Key of the heading it stands under; null for the entries at the top.</param>
public sealed record NavigationEntry(string Href, string Text, string Icon, string Policy, string? Group = null);

/// <summary>The menu, top to bottom.</summary>
public static class NavigationMenu
{
    public static IReadOnlyList<NavigationEntry> Entries { get; } =
    [
        new("/", "Overview", Icons.Material.Outlined.Dashboard, LabPolicies.CanView),
        new("/datasets", "Datasets", Icons.Material.Outlined.TableRows, LabPolicies.CanView, "Data"),
        new("/runs/new", "NewRun", Icons.Material.Outlined.AddCircleOutline, LabPolicies.CanTrain, "Train"),
        new("/runs", "Runs", Icons.Material.Outlined.ShowChart, LabPolicies.CanView, "Train"),
        new("/compare", "CompareRuns", Icons.Material.Outlined.StackedLineChart, LabPolicies.CanView, "Train"),
        new("/models", "Models", Icons.Material.Outlined.Layers, LabPolicies.CanView, "ModelGroup"),
        new("/studies", "Studies", Icons.Material.Outlined.Ballot, LabPolicies.CanView, "Evaluate"),
        new("/rate", "MyRatings", Icons.Material.Outlined.StarRate, LabPolicies.CanRate, "Evaluate"),
        new("/chat", "Chat", Icons.Material.Outlined.Chat, LabPolicies.CanInfer, "Playground"),
        new("/chat/compare", "ChatCompare", Icons.Material.Outlined.ViewColumn, LabPolicies.CanInfer, "Playground"),
        new("/system/device", "Device", Icons.Material.Outlined.Memory, LabPolicies.CanView, "SystemGroup"),
        new("/system/users", "Users", Icons.Material.Outlined.People, LabPolicies.CanAdminister, "SystemGroup"),
        new("/system/keys", "Keys", Icons.Material.Outlined.Key, LabPolicies.CanAdminister, "SystemGroup"),
        new("/system/endpoints", "Endpoints", Icons.Material.Outlined.CloudQueue, LabPolicies.CanAdminister, "SystemGroup"),
        new(CertificatePaths.State, "Certificate", Icons.Material.Outlined.Lock, LabPolicies.CanView, "SystemGroup"),
    ];
}
