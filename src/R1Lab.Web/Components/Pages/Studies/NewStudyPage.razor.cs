using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Studies;
using R1Lab.Engine;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Serving;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Components.Pages.Studies;

/// <summary>A new rating study: models, prompts, criteria. The lab writes the answers in the background.</summary>
public sealed partial class NewStudyPage : ComponentBase
{
    private static readonly string[] SamplingFields = ["temperature", "top_p", "top_k", "repetition_penalty", "max_new_tokens"];

    private readonly List<string> _chosen = [];
    private readonly List<string> _criteria = [.. StandardCriteria.All().Select(criterion => criterion.Key)];
    private readonly ReplySettings _sampling = StudyPlan.Greedy();
    private FormKeeper? _keeper;
    private IReadOnlyList<HostedModel> _models = [];
    private IReadOnlyList<Dataset> _datasets = [];
    private IReadOnlyList<Problem> _problems = [];
    private string? _name;
    private string? _typed;
    private string? _guidelines;
    private string? _language = "";
    private bool _fromDataset;
    private PromptChoice _choice = PromptChoice.Random;
    private bool _starting;
    private bool _withoutPrimary;
    private PrimaryComparison? _primary;
    private IReadOnlyList<(string Model, int Count)> _trainedOn = [];
    private TrainedPrompts? _trained;
    private IReadOnlyList<string> _trainedModels = [];
    private int _trainedCheck;
    private int _datasetId;
    private int _count = 20;
    private int _seed = 1;
    private int _overlap = 3;

    /// <summary>Model names, separated by commas, to begin with.</summary>
    [SupplyParameterFromQuery(Name = "models")]
    public string? WantedModels { get; set; }

    [Inject]
    private ModelHost Host { get; set; } = default!;

    [Inject]
    private DatasetStore Datasets { get; set; } = default!;

    [Inject]
    private TrainingHistory History { get; set; } = default!;

    [Inject]
    private StudyGenerator Generator { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    private int PromptCount => _fromDataset
        ? Math.Min(_count, _datasets.FirstOrDefault(dataset => dataset.Id == _datasetId)?.RowCount ?? 0)
        : StudyPrompts.FromText(_typed).Count;

    /// <summary>What was chosen, kept to models and criteria that still are; a base model is what others are compared with.</summary>
    private PrimaryComparison? Primary
    {
        get
        {
            var criteria = StandardCriteria.All().Select(criterion => criterion.Key).Where(_criteria.Contains).ToList();
            if (_withoutPrimary || _chosen.Count < 2 || criteria.Count == 0) return null;
            var ordered = _models.Select(model => model.Name).Where(_chosen.Contains).ToList();
            var first = _primary is not null && _chosen.Contains(_primary.First) ? _primary.First : ordered.First(name => name != _primary?.Second);
            var second = _primary is not null && _chosen.Contains(_primary.Second) ? _primary.Second : ordered.First(name => name != first);
            return new PrimaryComparison(_primary is not null && criteria.Contains(_primary.Criterion) ? _primary.Criterion : criteria[0], first, second);
        }
    }

    protected override async Task OnInitializedAsync()
    {
        _models = [.. (await Host.ListAsync()).OrderBy(model => model.BaseName ?? model.Name, StringComparer.Ordinal).ThenBy(model => model.Record.Id)];
        _datasets = [.. (await Datasets.ListAsync()).Where(dataset => dataset.Format != DatasetFormats.InputIds && dataset.RowCount > 0)];
        _datasetId = _datasets.Count > 0 ? _datasets[0].Id : 0;
        var wanted = WantedModels?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        _chosen.AddRange(wanted.Distinct().Where(name => _models.Any(model => model.Name == name)));
        await CountTrainedAsync();
    }

    private void ChoosePrimary(PrimaryComparison? primary) => (_primary, _withoutPrimary) = (primary, primary is null);

    private Task ChooseModelAsync(string name, ChangeEventArgs change)
    {
        Choose(_chosen, name, change);
        return CountTrainedAsync();
    }

    private Task ChooseSourceAsync(bool fromDataset)
    {
        _fromDataset = fromDataset;
        return CountTrainedAsync();
    }

    /// <summary>How many of the prompts each chosen model was trained on. A newer question makes an older one's answer void.</summary>
    private async Task CountTrainedAsync()
    {
        var check = ++_trainedCheck;
        List<string> models = [.. _chosen];
        var prompts = models.Count == 0 ? [] : await PromptsAsync();
        List<(string, int)> counts = [];
        if (prompts.Count > 0)
        {
            // Read once for a choice of models: prompts are counted at every key.
            if (!_trainedModels.SequenceEqual(models)) (_trained, _trainedModels) = (await History.OfAsync(models), models);
            counts.AddRange(models.Select(model => (model, _trained!.Count(model, prompts))));
        }

        if (check == _trainedCheck) _trainedOn = counts;
    }

    private async Task<IReadOnlyList<string>> PromptsAsync() => _fromDataset
        ? await StudyPrompts.FromDatasetAsync(Datasets, _datasetId, _count, _choice == PromptChoice.Random ? _seed : null)
        : StudyPrompts.FromText(_typed);

    private static void Choose(List<string> chosen, string key, ChangeEventArgs change)
    {
        chosen.Remove(key);
        if (change.Value is true) chosen.Add(key);
    }

    private async Task StartAsync()
    {
        if (_starting) return;
        _starting = true;
        try
        {
            var plan = await PlanAsync();
            _problems = [.. plan.Problems([.. _models.Select(model => model.Name)])];
            if (_problems.Count > 0) return;
            var study = await Generator.StartAsync(await Live.DemandAsync(LabRight.Train), plan);
            if (_keeper is not null) await _keeper.FinishAsync();
            Navigation.NavigateTo($"/studies/{study.Id}");
        }
        finally
        {
            _starting = false;
        }
    }

    private async Task<StudyPlan> PlanAsync() => new()
    {
        Name = _name?.Trim() ?? "",
        Models = [.. _chosen],
        Prompts = await PromptsAsync(),
        Criteria = [.. _criteria],
        Primary = Primary,
        Overlap = _overlap,
        Language = string.IsNullOrEmpty(_language) ? null : _language,
        Guidelines = _guidelines?.Trim() ?? "",
        Sampling = _sampling with { },
    };
}
