using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Access;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Components.Pages.Chat;

/// <summary>One question to several models at once; models of one base share it in memory and stream side by side.</summary>
public sealed partial class ComparePage : ComponentBase, IDisposable
{
    private const int FewestColumns = 2;
    private const int MostColumns = 6;

    private readonly List<CompareColumn> _columns = [new(), new()];
    private readonly ReplySettings _settings = new();
    private CancellationTokenSource? _stop;
    private string? _question;
    private string _draft = "";
    private bool _settingsOpen;

    /// <summary>Model names, separated by commas, to begin with.</summary>
    [SupplyParameterFromQuery(Name = "models")]
    public string? WantedModels { get; set; }

    [Inject]
    private IStringLocalizer<ProblemTexts> ProblemText { get; set; } = default!;

    [Inject]
    private ModelHost Host { get; set; } = default!;

    [Inject]
    private EngineDirectory Engines { get; set; } = default!;

    [Inject]
    private Reply Reply { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    private IReadOnlyList<(string, string)> Trail => [(Text["Chat"], "chat")];

    private bool IsAnswering => _stop is not null;

    public void Dispose() => _stop?.Cancel();

    protected override async Task OnInitializedAsync()
    {
        var names = WantedModels?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            ?? BaseAndNewestAdapter(await Host.ListAsync());
        for (var i = 0; i < names.Length && i < MostColumns; i++)
        {
            if (i == _columns.Count) _columns.Add(new CompareColumn());
            _columns[i].Model = names[i];
        }

        if (names.Length > 0) await StartFromAdviceAsync(names[0]);
    }

    // What people come here for first: what the last run changed.
    private static string[] BaseAndNewestAdapter(IReadOnlyList<HostedModel> all)
    {
        var able = all.Where(m => m.CanChat).ToList();
        return able.Where(m => m.BaseName is not null).MaxBy(m => m.Record.Id) is { } newest
            ? [newest.BaseName!, newest.Name]
            : [.. able.Select(m => m.Name).Take(FewestColumns)];
    }

    private async Task StartFromAdviceAsync(string model)
    {
        try
        {
            var advised = ReplySettings.From(await Engines.DefaultsAsync(model));
            (_settings.Temperature, _settings.TopP, _settings.TopK, _settings.RepetitionPenalty) = (advised.Temperature, advised.TopP, advised.TopK, advised.RepetitionPenalty);
        }
        catch (Exception e) when (FailureTranslation.IsExpected(e))
        {
            _columns[0].Problem = Failures.Show(e, ProblemText);
        }
    }

    private void AddColumn() => _columns.Add(new CompareColumn());

    private Task SendAsync()
    {
        if (IsAnswering || string.IsNullOrWhiteSpace(_draft)) return Task.CompletedTask;
        (_question, _draft) = (_draft.Trim(), "");
        return AskAllAsync();
    }

    private async Task AskAllAsync()
    {
        if (IsAnswering || _question is null) return;
        await Live.DemandAsync(LabRight.Infer);
        using var stop = _stop = new CancellationTokenSource();
        try
        {
            await Task.WhenAll(_columns.Where(c => c.Model is not null).Select(c => AskAsync(c, stop.Token)));
        }
        finally
        {
            _stop = null;
        }
    }

    private async Task AskAsync(CompareColumn column, CancellationToken cancellation)
    {
        column.Begin();
        try
        {
            var reply = await Reply.RunAsync(column.Model!, [new ChatMessage("user", _question!)], _settings, picture => Show(column, picture), cancellation);
            column.Picture = reply.Picture;
        }
        catch (OperationCanceledException)
        {
            column.Picture = column.Picture with { State = ReplyState.Stopped };
        }
        catch (Exception e) when (FailureTranslation.IsExpected(e))
        {
            column.Problem = Failures.Show(e, ProblemText);
        }

        StateHasChanged();
    }

    private void Show(CompareColumn column, ReplyPicture picture) => _ = InvokeAsync(() =>
    {
        if (!column.Picture.IsGrowing) return; // the end was shown before this picture came
        column.Picture = picture;
        StateHasChanged();
    });

    private Task StopAsync() => _stop?.CancelAsync() ?? Task.CompletedTask;

    private sealed class CompareColumn
    {
        public string? Model { get; set; }

        public ReplyPicture Picture { get; set; } = ReplyPicture.Empty;

        public string? Problem { get; set; }

        public bool Asked { get; private set; }

        public void Begin() => (Picture, Problem, Asked) = (ReplyPicture.Empty, null, true);
    }
}
