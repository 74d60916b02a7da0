using R1Lab.Engine;
using R1Lab.Engine.Training;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Problems that one click solves, what the last click changed, and the way back from it.</summary>
public sealed partial class NewRunPage
{
    private IReadOnlyList<ProblemFix> _fixes = [];
    private AppliedFix? _applied;

    private void FindFixes() => _fixes = _check is null ? [] : ProblemFixes.Of(_recipe, _check, ParametersOf(_recipe.Model));

    private void ApplyFix(Problem problem)
    {
        if (_fixes.FirstOrDefault(fix => fix.Problem == problem) is { } found) Apply(found.Recipe);
    }

    private void ApplyAllFixes()
    {
        if (_check is not null) Apply(ProblemFixes.All(_recipe, _check, ParametersOf(_recipe.Model)));
    }

    private void Apply(TrainingRecipe changed)
    {
        var applied = new AppliedFix(_recipe, ProblemFixes.Changes(_recipe, changed));
        Change(changed);
        _applied = applied;
    }

    private void UndoFix()
    {
        if (_applied is { } applied) Change(applied.Before);
    }
}
