using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Running;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>The form a run starts from. Whatever is changed is checked against model and data at once, by the rules of the queue itself.</summary>
public sealed partial class NewRunPage : IDisposable
{
    private static readonly TimeSpan TypingPause = TimeSpan.FromMilliseconds(350);

    private readonly HashSet<string> _unreadable = [];
    private IReadOnlyList<RegisteredModel>? _models;
    private IReadOnlyList<Dataset>? _datasets;
    private CancellationTokenSource _typing = new();
    private TrainingRecipe _recipe = TrainingRecipe.Preset("quick_trial");
    private string? _preset = "quick_trial";
    private RunCheck? _check;
    private int? _copiedFrom;
    private string? _failure;
    private bool _checking;
    private bool _starting;

    /// <summary>A run whose recipe the form begins with.</summary>
    [SupplyParameterFromQuery]
    public int? From { get; set; }

    /// <summary>A dataset's number or name chosen elsewhere.</summary>
    [SupplyParameterFromQuery]
    public string? Dataset { get; set; }

    /// <summary>A model's name chosen elsewhere.</summary>
    [SupplyParameterFromQuery]
    public string? Model { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = null!;

    [Inject]
    private ModelStore Models { get; set; } = null!;

    [Inject]
    private DatasetStore Datasets { get; set; } = null!;

    [Inject]
    private RunStore Runs { get; set; } = null!;

    [Inject]
    private RunQueue Queue { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IStringLocalizer<NewRunPage> Text { get; set; } = null!;

    [Inject]
    private IStringLocalizer<ProblemTexts> ProblemText { get; set; } = null!;

    [Inject]
    private ILogger<NewRunPage> Log { get; set; } = null!;

    private IReadOnlyList<(string Text, string Href)> Trail => [(Text["Runs"], "/runs")];

    private IReadOnlyList<Choice> MethodChoices => [.. new[] { "lora", "full" }.Select(key => new Choice(key, Text[$"Method_{key}"], Text[$"Method_{key}_hint"]))];

    private IReadOnlyList<Choice> PresetChoices => [.. TrainingRecipe.PresetNames.Select(key => new Choice(key, Text[$"Preset_{key}"], Text[$"Preset_{key}_hint"]))];

    public void Dispose()
    {
        _typing.Cancel();
        _typing.Dispose();
    }

    protected override Task OnInitializedAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        try
        {
            _models = await Models.ListAsync();
            _datasets = await Datasets.ListAsync();
            _recipe = await FirstRecipeAsync();
            _failure = null;
        }
        catch (Exception error)
        {
            Log.LogError(error, "Models and datasets could not be read.");
            _failure = Text["LoadFailed", error.Message];
            return;
        }

        Change(_recipe);
    }

    private async Task<TrainingRecipe> FirstRecipeAsync()
    {
        if (From is { } id && await Runs.GetAsync(id) is { } run && TrainingRecipe.Parse(run.RecipeJson, out _) is { } earlier)
        {
            (_copiedFrom, _preset) = (id, null);
            return earlier with { Name = null, Confirmed = [] };
        }

        var model = Model ?? OnlyBase() ?? "";
        var dataset = Dataset is null && _datasets!.Count == 1 ? _datasets[0].Name : NameOf(Dataset);
        return TrainingRecipe.Preset(_preset ?? "quick_trial", ParametersOf(model)) with { Model = model, Dataset = dataset };
    }

    private string NameOf(string? dataset) => _datasets!.FirstOrDefault(one => one.Name == dataset || one.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) == dataset)?.Name ?? "";

    /// <summary>With one base model there is nothing to choose; its adapters are for going on.</summary>
    private string? OnlyBase() => _models!.Where(one => one.Kind != ModelKind.Adapter).ToList() is [var only] ? only.Name : null;

    private long? ParametersOf(string model) => _models!.FirstOrDefault(one => one.Name == model)?.ParameterCount;

    /// <summary>The preset's numbers depend on the size of the model, so it is applied again.</summary>
    private void ChooseModel(string? name)
    {
        var changed = _recipe with { Model = name ?? "" };
        if (_preset is { } preset) changed = Preset(preset, changed);
        Change(changed);
    }

    private void ChooseMethod(string? method)
    {
        if (SnakeCase.Parse<TrainingMethod>(method ?? "") is not { } chosen) return;

        Change(_recipe with { Method = chosen, LearningRate = UsualRate(chosen) });
    }

    /// <summary>The rates of both methods differ by a factor; a rate in the other one's range is brought along.</summary>
    private double UsualRate(TrainingMethod chosen)
    {
        var (from, to) = (_recipe.Method == TrainingMethod.Full, chosen == TrainingMethod.Full);
        return from == to ? _recipe.LearningRate : to ? _recipe.LearningRate / 10 : _recipe.LearningRate * 10;
    }

    private void UsePreset(string? preset)
    {
        if (preset is null) return;

        _preset = preset;
        _unreadable.Clear();
        Change(Preset(preset, _recipe));
    }

    private TrainingRecipe Preset(string preset, TrainingRecipe present)
    {
        var fresh = TrainingRecipe.Preset(preset, ParametersOf(present.Model));
        var rate = present.Method == TrainingMethod.Full ? fresh.LearningRate / 10 : fresh.LearningRate;
        return fresh with { Name = present.Name, Model = present.Model, Dataset = present.Dataset, Method = present.Method, ThinkingPolicy = present.ThinkingPolicy, LearningRate = rate };
    }

    private void Mark(string field, bool unreadable)
    {
        if (unreadable) _unreadable.Add(field);
        else _unreadable.Remove(field);
    }

    private void Confirm((string Code, bool Meant) word) =>
        Change(_recipe with { Confirmed = [.. _recipe.Confirmed.Where(code => code != word.Code), .. word.Meant ? [word.Code] : Array.Empty<string>()] });

    /// <summary>A word given for other data, another model or policy does not count any more.</summary>
    private static bool AsksAgain(TrainingRecipe before, TrainingRecipe after) =>
        (before.Model, before.Dataset, before.ThinkingPolicy) != (after.Model, after.Dataset, after.ThinkingPolicy);

    private void Change(TrainingRecipe changed)
    {
        if (AsksAgain(_recipe, changed)) changed = changed with { Confirmed = [] };
        _recipe = changed;
        _typing.Cancel();
        _typing.Dispose();
        _typing = new();
        if (changed.Model.Length == 0 || changed.Dataset.Length == 0)
        {
            (_check, _checking) = (null, false);
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
            _check = check;
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception error)
        {
            Log.LogError(error, "The check of a recipe failed.");
            _check = new([new("check_failed", "", ProblemSeverity.Error, error.Message, error.Message)], null, null);
        }

        _checking = false;
        await InvokeAsync(StateHasChanged);
    }

    private async Task StartAsync()
    {
        if (_starting || _unreadable.Count > 0) return;

        _starting = true;
        try
        {
            var submission = await Queue.EnqueueAsync(_recipe, Visitor.Of((await Authentication).User));
            if (submission.Run is { } run) Navigation.NavigateTo($"/runs/{run.Id}");
            else _check = new(submission.Problems, null, null);
        }
        finally
        {
            _starting = false;
        }
    }

    /// <summary>What the check says about a field, errors only: warnings stand in the panel.</summary>
    private string? Said(string field) => _check?.About(field) is { IsError: true } problem ? ProblemText.Show(problem) : null;

    private string PolicyName(ThinkingPolicy policy) => Text[$"Thinking_{SnakeCase.Of(policy)}"];
}
