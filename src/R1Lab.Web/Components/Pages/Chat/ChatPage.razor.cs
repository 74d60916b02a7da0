using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Access;
using R1Lab.Data.Conversations;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Access;
using R1Lab.Web.Api;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Running;

namespace R1Lab.Web.Components.Pages.Chat;

/// <summary>A conversation with one model, kept in the database.</summary>
public sealed partial class ChatPage : ComponentBase, IDisposable
{
    private const int LongestTitle = 60;

    private readonly List<ChatTurn> _turns = [];
    private IReadOnlyList<Conversation> _conversations = [];
    private Conversation? _conversation;
    private ReplySettings _settings = new();
    private CancellationTokenSource? _stop;
    private string _owner = "";
    private string? _model;
    private string? _problem;
    private string _draft = "";
    private bool _settingsOpen;
    private bool _isAnswering;

    [Parameter]
    public int? ConversationId { get; set; }

    [SupplyParameterFromQuery(Name = "model")]
    public string? WantedModel { get; set; }

    [Inject]
    private ConversationStore Store { get; set; } = default!;

    [Inject]
    private IStringLocalizer<ProblemTexts> ProblemText { get; set; } = default!;

    [Inject]
    private ModelHost Host { get; set; } = default!;

    [Inject]
    private Reply Reply { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    public void Dispose() => _stop?.Cancel();

    protected override async Task OnInitializedAsync()
    {
        var visitor = Visitor.Of((await Session).User);
        _owner = visitor.UserId ?? "";
        if (WantedModel is not null) await ChooseModelAsync(WantedModel);
    }

    protected override async Task OnParametersSetAsync()
    {
        _conversations = await Store.ListAsync(_owner);
        if (ConversationId == _conversation?.Id) return;
        _conversation = ConversationId is { } id ? await Store.GetAsync(id, _owner) : null;
        _turns.Clear();
        _turns.AddRange(_conversation?.Turns.Select(ChatTurn.Of) ?? []);
        if (_turns.LastOrDefault(t => t.Model is not null)?.Model is { } last && WantedModel is null) await ChooseModelAsync(last);
    }

    private async Task ChooseModelAsync(string? model)
    {
        if (model is null || model == _model) return;
        _model = model;
        try
        {
            _settings = ReplySettings.From((await Host.OpenVocabularyAsync(model)).Defaults);
        }
        catch (ModelUnavailableException e)
        {
            _problem = Failures.Show(e, ProblemText);
        }
    }

    private Task NewAsync()
    {
        (_conversation, _problem, _draft) = (null, null, "");
        _turns.Clear();
        Navigation.NavigateTo("chat");
        return Task.CompletedTask;
    }

    private async Task SendAsync()
    {
        if (string.IsNullOrWhiteSpace(_draft) || _isAnswering || _model is null) return;
        var actor = await Live.DemandAsync(LabRight.Infer);
        var question = _draft.Trim();
        _draft = "";
        _conversation ??= await Store.CreateAsync(actor, question.Length > LongestTitle ? question[..LongestTitle] + "…" : question);
        _turns.Add(ChatTurn.Ask(question));
        await Store.AppendAsync(actor, _conversation.Id, [new ConversationTurn { Role = "user", Content = question }]);
        await AnswerAsync();
    }

    private async Task RetryAsync()
    {
        if (_isAnswering || _conversation is null) return;
        if (_turns is [.., { Question: null }])
        {
            _turns.RemoveAt(_turns.Count - 1);
            await Store.TruncateAsync(await Live.DemandAsync(LabRight.Infer), _conversation.Id, _turns.Count);
        }

        await AnswerAsync();
    }

    private async Task AnswerAsync()
    {
        var turn = ChatTurn.Answering(_model!);
        var messages = _turns.Select(t => t.AsMessage()).ToList();
        _turns.Add(turn);
        (_isAnswering, _problem) = (true, null);
        using var stop = _stop = new CancellationTokenSource();
        StateHasChanged();
        try
        {
            var reply = await Reply.RunAsync(_model!, messages, _settings, picture => Show(turn, picture), stop.Token);
            turn.Picture = reply.Picture;
            await Store.AppendAsync(await Live.DemandAsync(LabRight.Infer), _conversation!.Id, [Kept(reply)]);
        }
        catch (OperationCanceledException)
        {
            turn.Picture = turn.Picture with { State = ReplyState.Stopped };
        }
        catch (Exception e) when (e is ModelUnavailableException or ModelBusyException or ApiFieldException or ChatTemplateException or Engine.BadInputException or Engine.Native.LibTorchException or Engine.Devices.MemoryRefusedException)
        {
            _turns.Remove(turn);
            _problem = Failures.Show(e, ProblemText);
        }
        finally
        {
            (_isAnswering, _stop) = (false, null);
        }

        await AfterAnswerAsync();
    }

    private async Task AfterAnswerAsync()
    {
        _conversations = await Store.ListAsync(_owner);
        if (_conversation is { } current && ConversationId != current.Id) Navigation.NavigateTo($"chat/{current.Id}", replace: true);
    }

    private ConversationTurn Kept(FinishedReply reply) => new()
    {
        Role = "assistant",
        Content = reply.Picture.Answer,
        Reasoning = reply.Picture.Thought.Length == 0 ? null : reply.Picture.Thought,
        ModelName = _model,
        Fingerprint = reply.Fingerprint,
        SettingsJson = JsonSerializer.Serialize(_settings),
        FinishReason = reply.Result.Finish.ToString().ToLowerInvariant(),
        PromptTokens = reply.Result.PromptTokens,
        CompletionTokens = reply.Result.Tokens.Count,
        Seconds = reply.Result.Elapsed.TotalSeconds,
    };

    private void Show(ChatTurn turn, ReplyPicture picture) => _ = InvokeAsync(() =>
    {
        if (!turn.Picture.IsGrowing) return; // the end was shown before this picture came
        turn.Picture = picture;
        StateHasChanged();
    });

    private Task StopAsync() => _stop?.CancelAsync() ?? Task.CompletedTask;

    private async Task DeleteAsync(int id)
    {
        await Store.DeleteAsync(await Live.DemandAsync(LabRight.Infer), id);
        if (_conversation?.Id == id) await NewAsync();
        _conversations = await Store.ListAsync(_owner);
    }
}
