using System.Globalization;
using Microsoft.AspNetCore.Components;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Localization;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>The memory plan of the recipe as it stands in the form: no question to the server's data is needed to move it.</summary>
public sealed partial class MemoryBar
{
    private const int MostSuggestions = 4;

    /// <summary>Above this share of the device nobody should be surprised; what would help is offered.</summary>
    private const double Tight = 0.9;

    [Parameter, EditorRequired]
    public required TrainingRecipe Recipe { get; set; }

    [Parameter]
    public EventCallback<TrainingRecipe> RecipeChanged { get; set; }

    /// <summary>What the plan is made from; null while model and data are not known.</summary>
    [Parameter]
    public RunMemory? Memory { get; set; }

    /// <summary>Of all rows, in tokens.</summary>
    [Parameter]
    public int LongestRow { get; set; }

    [Parameter]
    public int TotalSteps { get; set; }

    /// <summary>The knobs.</summary>
    [Parameter]
    public RenderFragment? ChildContent { get; set; }

    /// <summary>A half-typed recipe has no plan.</summary>
    private RunMemory? Now => Recipe is { PerDeviceTrainBatchSize: > 0, GradientAccumulationSteps: > 0, MaxLength: > 1, Lora.R: > 0, FreezeLayers: >= 0 } ? Memory?.Within(Recipe.MaxLength, LongestRow) : null;

    private string Verdict(MemoryPlan plan) => plan.Fits
        ? Text["Fits", ByteSize.Show(plan.TotalBytes), ByteSize.Show(plan.UsableBytes), Memory!.Device.Name]
        : Text["DoesNotFit", ByteSize.Show(plan.TotalBytes), ByteSize.Show(plan.UsableBytes), Memory!.Device.Name, ByteSize.Show(-plan.SpareBytes)];

    private string Disk(RunMemory memory)
    {
        var disk = memory.DiskFor(Recipe, TotalSteps);
        return disk.MergedBytes > 0
            ? Text["DiskMerged", disk.Snapshots, ByteSize.Show(disk.SnapshotBytes), ByteSize.Show(disk.ResultBytes), ByteSize.Show(disk.MergedBytes)]
            : Text["DiskPlain", disk.Snapshots, ByteSize.Show(disk.SnapshotBytes), ByteSize.Show(disk.ResultBytes)];
    }

    private IReadOnlyList<MemorySuggestion> Suggestions(RunMemory memory)
    {
        var plan = memory.PlanFor(Recipe);
        if (plan.TotalBytes < Tight * plan.UsableBytes) return [];
        return [.. memory.SuggestionsFor(Recipe).OrderByDescending(one => one.Fits).ThenByDescending(one => one.SameResult).Take(MostSuggestions)];
    }

    private string Sentence(MemorySuggestion suggestion) => Text[suggestion.Fits ? "SuggestionFits" : "Suggestion",
        Text[$"Suggestion_{suggestion.Code}", [.. suggestion.Arguments, "", "", ""]].Value, ByteSize.Show(suggestion.SavedBytes)];

    private static string Share(long bytes, MemoryPlan plan) =>
        (bytes / (double)Math.Max(1, Math.Max(plan.TotalBytes, plan.UsableBytes))).ToString("0.###%", CultureInfo.InvariantCulture);
}
