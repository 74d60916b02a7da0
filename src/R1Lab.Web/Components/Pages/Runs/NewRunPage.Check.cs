using R1Lab.Data.Access;
using R1Lab.Engine;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>From a change of the recipe to its check, and from the check to the start.</summary>
public sealed partial class NewRunPage
{
    private void Mark((string Field, bool Unreadable) mark)
    {
        if (mark.Unreadable) _unreadable.Add(mark.Field);
        else _unreadable.Remove(mark.Field);
    }

    private void Confirm((string Code, bool Meant) word) =>
        Change(_recipe with { Confirmed = [.. _recipe.Confirmed.Where(code => code != word.Code), .. word.Meant ? [word.Code] : Array.Empty<string>()] });

    /// <summary>A word given for other data, another model or policy does not count any more.</summary>
    private static bool AsksAgain(TrainingRecipe before, TrainingRecipe after) =>
        (before.Model, before.Dataset, before.ThinkingPolicy) != (after.Model, after.Dataset, after.ThinkingPolicy);

    private void Change(TrainingRecipe changed)
    {
        if (AsksAgain(_recipe, changed)) changed = changed with { Confirmed = [] };
        (_recipe, _applied) = (changed, null);
        _ = KeepAsync();
        _unreadable.RemoveWhere(name => !RecipeForm.Default.All.Any(field => field.Name == name && field.Setting.Applies(changed)));
        _typing.Cancel();
        _typing.Dispose();
        _typing = new();
        if (changed.Model.Length == 0 || changed.Dataset.Length == 0)
        {
            (_check, _facts, _estimate, _checking, _fixes) = (null, null, null, false, []);
            return;
        }

        _checking = true;
        _ = CheckAsync(changed, _typing.Token);
    }

    private async Task CheckAsync(TrainingRecipe recipe, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(TypingPause, cancellationToken);
            var check = await Queue.CheckAsync(recipe, cancellationToken);
            if (cancellationToken.IsCancellationRequested) return;
            Take(check);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception error)
        {
            Log.LogError(error, "The check of a recipe failed.");
            var said = Failures.Show(error);
            _check = new([new("check_failed", "", ProblemSeverity.Error, said, said)], null, null);
        }

        _checking = false;
        await InvokeAsync(StateHasChanged);
    }

    /// <summary>A check that found a mistake knows no numbers; those of the check before stay, so that nothing jumps.</summary>
    private void Take(RunCheck check)
    {
        _check = check;
        FindFixes();
        var about = (_recipe.Model, _recipe.Dataset);
        if (check.Facts is not null || about != _factsAbout) (_facts, _estimate, _factsAbout) = (check.Facts, check.Estimate, about);
    }

    private async Task StartAsync()
    {
        if (_starting || _unreadable.Count > 0) return;

        _starting = true;
        try
        {
            var submission = await Queue.EnqueueAsync(await Live.DemandAsync(LabRight.Train), _recipe);
            if (submission.Run is { } run)
            {
                if (_keeper is not null) await _keeper.FinishAsync();
                Navigation.NavigateTo($"/runs/{run.Id}");
                return;
            }

            // Model or data changed since the last check; what it asks now may be answered.
            Take(new(submission.Problems, null, null));
            Change(_recipe);
        }
        finally
        {
            _starting = false;
        }
    }
}
