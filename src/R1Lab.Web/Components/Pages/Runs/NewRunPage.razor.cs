using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Training;

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
    private RunFacts? _facts;
    private RunEstimate? _estimate;
    private (string Model, string Dataset) _factsAbout;
    private string? _origin;
    private IReadOnlyList<ComparedSetting> _changes = [];
    private IReadOnlyList<CarriedValue> _carried = [];
    private string? _missingModel;
    private string? _missingDataset;
    private string? _failure;
    private bool _checking;
    private bool _starting;

    /// <summary>A run whose recipe the form begins with.</summary>
    [SupplyParameterFromQuery]
    public int? From { get; set; }

    /// <summary>With <see cref="From"/>: the code of a finding in that run's diagnosis; the form begins with what mends it.</summary>
    [SupplyParameterFromQuery]
    public string? Fix { get; set; }

    /// <summary>A dataset's number or name chosen elsewhere.</summary>
    [SupplyParameterFromQuery]
    public string? Dataset { get; set; }

    /// <summary>A model's name chosen elsewhere.</summary>
    [SupplyParameterFromQuery]
    public string? Model { get; set; }

    [Inject]
    private LiveSession Live { get; set; } = null!;

    [Inject]
    private ModelStore Models { get; set; } = null!;

    [Inject]
    private DatasetStore Datasets { get; set; } = null!;

    [Inject]
    private RunStore Runs { get; set; } = null!;

    [Inject]
    private RunFixes Fixes { get; set; } = null!;

    [Inject]
    private RunQueue Queue { get; set; } = null!;

    [Inject]
    private ComputeStatus Compute { get; set; } = null!;

    [Inject]
    private IDialogService DialogService { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IStringLocalizer<NewRunPage> Text { get; set; } = null!;

    [Inject]
    private IStringLocalizer<ImportSettingsDialog> ImportText { get; set; } = null!;

    [Inject]
    private IStringLocalizer<ProbePromptEditor> ProbeText { get; set; } = null!;

    [Inject]
    private IStringLocalizer<ProblemTexts> ProblemText { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [Inject]
    private ILogger<NewRunPage> Log { get; set; } = null!;

    private IReadOnlyList<(string Text, string Href)> Trail => [(Text["Runs"], "/runs")];

    private IReadOnlyList<Choice> MethodChoices => [.. SnakeCase.Names<TrainingMethod>().Select(key => new Choice(key, Text[$"Method_{key}"], Text[$"Method_{key}_hint"]))];

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
            _failure = Failures.Show(error);
            return;
        }

        Change(_recipe);
    }

    private string NameOf(string? dataset) => _datasets!.FirstOrDefault(one => one.Name == dataset || one.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) == dataset)?.Name ?? "";

    /// <summary>With one base model there is nothing to choose; its adapters are for going on.</summary>
    private string? OnlyBase() => _models!.Where(one => one.Kind != ModelKind.Adapter).ToList() is [var only] ? only.Name : null;

    private long? ParametersOf(string model) => _models!.FirstOrDefault(one => one.Name == model)?.ParameterCount;

    /// <summary>The preset's numbers depend on the size of the model, so it is applied again.</summary>
    private void ChooseModel(string? name)
    {
        var changed = _recipe with { Model = name ?? "" };
        Change(_preset is { } preset ? FormRecipe.Preset(preset, changed, ParametersOf(changed.Model)) : changed);
    }

    private void ChooseMethod(string? method)
    {
        if (SnakeCase.Parse<TrainingMethod>(method ?? "") is { } chosen) Change(FormRecipe.WithMethod(_recipe, chosen));
    }

    private void UsePreset(string? preset)
    {
        if (preset is null) return;

        _preset = preset;
        _unreadable.Clear();
        Change(FormRecipe.Preset(preset, _recipe, ParametersOf(_recipe.Model)));
    }

    private IReadOnlyList<FormField> Shown(FormGroup group) => group.Shown(_recipe, Compute.Cards);

    /// <summary>What the check says about a field, errors only: warnings stand in the panel.</summary>
    private string? Said(string field) => _check?.About(field) is { IsError: true } problem ? ProblemText.Show(problem) : null;

    private string PolicyName(ThinkingPolicy policy) => Text[$"Thinking_{SnakeCase.Of(policy)}"];
}
