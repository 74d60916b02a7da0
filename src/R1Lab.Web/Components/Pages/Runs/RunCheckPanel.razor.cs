using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Running;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>What is known before the start: problems in the reader's language, what would be trained, how long and how large.</summary>
public sealed partial class RunCheckPanel
{
    private const double Gibibyte = 1024d * 1024 * 1024;

    [Parameter]
    public RunCheck? Check { get; set; }

    [Parameter]
    public bool Checking { get; set; }

    [Parameter]
    public bool Starting { get; set; }

    /// <summary>Some field cannot be read, so nothing may start.</summary>
    [Parameter]
    public bool Blocked { get; set; }

    [Parameter]
    public EventCallback OnStart { get; set; }

    /// <summary>A person says, or takes back, that a problem of this code is meant.</summary>
    [Parameter]
    public EventCallback<(string Code, bool Meant)> OnConfirm { get; set; }

    [Inject]
    private IStringLocalizer<Durations> DurationTexts { get; set; } = null!;

    private IEnumerable<(string Key, string Value, string? Note)> Facts
    {
        get
        {
            var facts = Check!.Facts!;
            yield return ("Rows", Text["RowsValue", Whole(facts.TrainRows), Whole(facts.EvaluationRows)], null);
            yield return ("Thinking", Text["ThinkingValue", Whole(facts.ThinkingRows), Whole(facts.Rows)], null);
            yield return ("TrainedTokens", Text["TrainedTokensValue", Whole(facts.TrainedTokens), Whole(facts.Tokens), facts.TrainedShare.ToString("P0", CultureInfo.CurrentCulture)], null);
            yield return ("Longest", Text["LongestValue", Whole(facts.Lengths.Longest)], null);
            if (facts.OverLongRows > 0) yield return ("OverLong", Whole(facts.OverLongRows), null);
            if (facts.OtherRowsLeftOut > 0) yield return ("LeftOut", Whole(facts.OtherRowsLeftOut), null);
            yield return ("Steps", Text["StepsValue", Whole(facts.TotalSteps), Whole(facts.RowsPerStep)], null);
            if (Check.Estimate is not { } estimate) yield break;

            yield return ("Time", DurationTexts.Show(estimate.Time), Text[estimate.Measured ? "Time_measured" : "Time_modelled", Whole(estimate.TokensPerSecond)]);
            yield return ("Memory", Text["MemoryValue", Gigabytes(estimate.Plan.TotalBytes)],
                Text["MemoryParts", Gigabytes(estimate.Plan.BytesOf(MemoryPart.Weights)), Gigabytes(Training(estimate.Plan)), Gigabytes(Passing(estimate.Plan))]);
            yield return ("Device", estimate.Device, null);
        }
    }

    private static long Training(MemoryPlan plan) => plan.BytesOf(MemoryPart.Adapter) + plan.BytesOf(MemoryPart.Gradients) + plan.BytesOf(MemoryPart.Optimizer);

    private static long Passing(MemoryPlan plan) => plan.BytesOf(MemoryPart.Activations) + plan.BytesOf(MemoryPart.Working) + plan.BytesOf(MemoryPart.Logits);

    private static string Whole(double value) => value.ToString("N0", CultureInfo.CurrentCulture);

    private static string Gigabytes(double bytes) => (bytes / Gibibyte).ToString(bytes < Gibibyte ? "0.000" : "0.0", CultureInfo.CurrentCulture);

    private static Severity Shade(Problem problem) => problem.Severity switch
    {
        ProblemSeverity.Error => Severity.Error,
        ProblemSeverity.Confirmation or ProblemSeverity.Warning => Severity.Warning,
        _ => Severity.Info,
    };
}
