using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Studies;
using R1Lab.Engine;
using R1Lab.Web.Access;
using R1Lab.Web.Running;

namespace R1Lab.Web.Components.Pages.Studies;

/// <summary>A new rating study: models, prompts, criteria. The lab writes the answers in the background.</summary>
public sealed partial class NewStudyPage : ComponentBase
{
    private static readonly string[] SamplingFields = ["temperature", "top_p", "top_k", "repetition_penalty", "max_new_tokens"];

    private readonly List<string> _chosen = [];
    private readonly List<string> _criteria = [.. StandardCriteria.All().Select(criterion => criterion.Key)];
    private readonly ReplySettings _sampling = StudyPlan.Greedy();
    private IReadOnlyList<HostedModel> _models = [];
    private IReadOnlyList<Dataset> _datasets = [];
    private IReadOnlyList<Problem> _problems = [];
    private string? _name;
    private string? _typed;
    private string? _guidelines;
    private string? _language = "";
    private bool _fromDataset;
    private bool _random = true;
    private bool _starting;
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
    private StudyGenerator Generator { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    private int PromptCount => _fromDataset
        ? Math.Min(_count, _datasets.FirstOrDefault(dataset => dataset.Id == _datasetId)?.RowCount ?? 0)
        : StudyPrompts.FromText(_typed).Count;

    protected override async Task OnInitializedAsync()
    {
        _models = [.. (await Host.ListAsync()).OrderBy(model => model.BaseName ?? model.Name, StringComparer.Ordinal).ThenBy(model => model.Record.Id)];
        _datasets = [.. (await Datasets.ListAsync()).Where(dataset => dataset.Format == DatasetFormats.PromptResponse && dataset.RowCount > 0)];
        _datasetId = _datasets.Count > 0 ? _datasets[0].Id : 0;
        var wanted = WantedModels?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        _chosen.AddRange(wanted.Distinct().Where(name => _models.Any(model => model.Name == name)));
    }

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
        Prompts = _fromDataset ? await StudyPrompts.FromDatasetAsync(Datasets, _datasetId, _count, _random ? _seed : null) : StudyPrompts.FromText(_typed),
        Criteria = [.. _criteria],
        Overlap = _overlap,
        Language = string.IsNullOrEmpty(_language) ? null : _language,
        Guidelines = _guidelines?.Trim() ?? "",
        Sampling = _sampling with { },
    };
}
