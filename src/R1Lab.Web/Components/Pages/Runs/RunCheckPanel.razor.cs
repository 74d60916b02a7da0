using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Engine;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Localization;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>What is known before the start: problems in the reader's language, what would be trained, how long and how large.</summary>
public sealed partial class RunCheckPanel
{
    [Parameter]
    public RunCheck? Check { get; set; }

    /// <summary>What would be trained, by the last check that could tell: numbers stay where they are while a field is being mended.</summary>
    [Parameter]
    public RunFacts? Facts { get; set; }

    [Parameter]
    public RunEstimate? Estimate { get; set; }

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

    /// <summary>The form's recipe, which the fixes change.</summary>
    [Parameter, EditorRequired]
    public required TrainingRecipe Recipe { get; set; }

    /// <summary>Problems that a change of settings solves.</summary>
    [Parameter]
    public IReadOnlyList<ProblemFix> Fixes { get; set; } = [];

    /// <summary>What the last fix changed, until something else is changed.</summary>
    [Parameter]
    public AppliedFix? Applied { get; set; }

    [Parameter]
    public EventCallback<Problem> OnFix { get; set; }

    [Parameter]
    public EventCallback OnFixAll { get; set; }

    [Parameter]
    public EventCallback OnUndoFix { get; set; }

    [Inject]
    private IStringLocalizer<Durations> DurationTexts { get; set; } = null!;

    private IEnumerable<(string Key, string Value, string? Note)> Shown
    {
        get
        {
            yield return ("Rows", Text["RowsValue", Whole(Facts!.TrainRows), Whole(Facts.EvaluationRows)], null);
            yield return ("Steps", Text["StepsValue", Whole(Facts.TotalSteps), Whole(Facts.RowsPerStep)], null);
            if (Estimate is null) yield break;

            yield return ("Time", TimeRange(Estimate), Text[Estimate.Measured ? "Time_measured" : "Time_modelled", Whole(Estimate.TokensPerSecond), Estimate.Runs, Estimate.Conditions]);
            yield return ("Memory", ByteSize.Show(Estimate.Plan.TotalBytes), null);
            yield return ("Device", Estimate.Device, null);
        }
    }

    private IReadOnlyList<ComparedSetting> AllChanges => [.. Fixes.SelectMany(fix => fix.ChangesFrom(Recipe)).DistinctBy(change => change.Field)];

    private ProblemFix? FixOf(Problem problem) => Fixes.FirstOrDefault(fix => fix.Problem == problem);

    private string TimeRange(RunEstimate estimate)
    {
        var (shortest, longest) = (DurationTexts.Show(estimate.Shortest), DurationTexts.Show(estimate.Longest));
        return shortest == longest ? shortest : Text["TimeRange", shortest, longest];
    }

    private static string Whole(double value) => value.ToString("N0", CultureInfo.CurrentCulture);

    private static Severity Shade(Problem problem) => problem.Severity switch
    {
        ProblemSeverity.Error => Severity.Error,
        ProblemSeverity.Confirmation or ProblemSeverity.Warning => Severity.Warning,
        _ => Severity.Info,
    };
}
