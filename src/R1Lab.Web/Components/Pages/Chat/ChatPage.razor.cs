using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Conversations;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Components.Pages.Chat;

/// <summary>A conversation with one model, kept in the database.</summary>
public sealed partial class ChatPage : ComponentBase, IDisposable
{
    private const int LongestTitle = 60;

    // Those that answer, the one on the page or not.
    private readonly List<OpenChat> _answering = [];
    private IReadOnlyList<Conversation> _conversations = [];
    private OpenChat _open = new();
    private ReplySettings _settings = new();
    private string _owner = "";
    private string? _model;
    private string _draft = "";
    private bool _settingsOpen;

    [Parameter]
    public int? ConversationId { get; set; }

    [SupplyParameterFromQuery(Name = "model")]
    public string? WantedModel { get; set; }

    [Inject]
    private ConversationStore Store { get; set; } = default!;

    [Inject]
    private IStringLocalizer<ProblemTexts> ProblemText { get; set; } = default!;

    [Inject]
    private EngineDirectory Engines { get; set; } = default!;

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

    public void Dispose()
    {
        foreach (var chat in _answering) chat.Stop?.Cancel();
    }

    protected override async Task OnInitializedAsync()
    {
        var visitor = Visitor.Of((await Session).User);
        _owner = visitor.UserId ?? "";
        if (WantedModel is not null) await ChooseModelAsync(WantedModel);
    }

    protected override async Task OnParametersSetAsync()
    {
        _conversations = await Store.ListAsync(_owner);
        var wanted = ConversationId;
        if (wanted == _open.Record?.Id) return;
        var open = wanted is { } id ? await OpenAsync(id) : new OpenChat();
        if (wanted != ConversationId) return; // the page was asked for another one meanwhile
        _open = open;
        if (open.Turns.LastOrDefault(t => t.Model is not null)?.Model is { } last && WantedModel is null) await ChooseModelAsync(last);
    }

    private async Task<OpenChat> OpenAsync(int id)
    {
        if (_answering.Find(chat => chat.Record?.Id == id) is { } answering) return answering;
        return await Store.GetAsync(id, _owner) is { } record ? new OpenChat(record) : new OpenChat();
    }

    private async Task ChooseModelAsync(string? model)
    {
        if (model is null || model == _model) return;
        _model = model;
        try
        {
            _settings = ReplySettings.From(await Engines.DefaultsAsync(model));
        }
        catch (Exception e) when (FailureTranslation.IsExpected(e))
        {
            _open.Problem = Failures.Show(e, ProblemText);
        }
    }

    private Task NewAsync()
    {
        (_open, _draft) = (new OpenChat(), "");
        Navigation.NavigateTo("chat");
        return Task.CompletedTask;
    }

    private async Task SendAsync()
    {
        if (string.IsNullOrWhiteSpace(_draft) || _model is null) return;
        var question = _draft.Trim();
        await AskAsync(_open, async (chat, actor) =>
        {
            _draft = "";
            var isNew = chat.Record is null;
            chat.Record ??= await Store.CreateAsync(actor, question.Length > LongestTitle ? question[..LongestTitle] + "…" : question);
            chat.Turns.Add(ChatTurn.Ask(question));
            await Store.AppendAsync(actor, chat.Record.Id, [new ConversationTurn { Role = "user", Content = question }]);
            if (!isNew) return;
            _conversations = await Store.ListAsync(_owner);
            if (_open == chat) Navigation.NavigateTo($"chat/{chat.Record.Id}", replace: true);
        });
    }

    private Task RetryAsync() => _open.Record is null || _model is null ? Task.CompletedTask : AskAsync(_open, async (chat, actor) =>
    {
        if (chat.Turns is not [.., { Question: null }]) return;
        chat.Turns.RemoveAt(chat.Turns.Count - 1);
        await Store.TruncateAsync(actor, chat.Record!.Id, chat.Turns.Count);
    });

    /// <summary>Stores the question and has it answered, in the chat it was asked in.</summary>
    private async Task AskAsync(OpenChat chat, Func<OpenChat, Actor, Task> store)
    {
        if (chat.IsAnswering) return;
        var (model, settings) = (_model!, _settings with { });
        using var stop = chat.Stop = new CancellationTokenSource();
        chat.Problem = null;
        _answering.Add(chat);
        ChatTurn? turn = null;
        try
        {
            await store(chat, await Live.DemandAsync(LabRight.Infer));
            var messages = chat.Turns.Select(t => t.AsMessage()).ToList();
            chat.Turns.Add(turn = ChatTurn.Answering(model));
            StateHasChanged();
            var reply = await Reply.RunAsync(model, messages, settings, picture => Show(turn, picture), stop.Token);
            turn.Picture = reply.Picture;
            if (!chat.IsDeleted) await Store.AppendAsync(await Live.DemandAsync(LabRight.Infer), chat.Record!.Id, [Kept(reply, model, settings)]);
        }
        catch (OperationCanceledException)
        {
            if (turn is not null) turn.Picture = turn.Picture with { State = ReplyState.Stopped };
        }
        catch (Exception e) when (FailureTranslation.IsExpected(e))
        {
            if (turn is not null && turn.Picture.IsGrowing) chat.Turns.Remove(turn);
            chat.Problem = Failures.Show(e, ProblemText);
        }
        finally
        {
            chat.Stop = null;
            _answering.Remove(chat);
        }

        _conversations = await Store.ListAsync(_owner);
    }

    private static ConversationTurn Kept(FinishedReply reply, string model, ReplySettings settings) => new()
    {
        Role = "assistant",
        Content = reply.Picture.Answer,
        Reasoning = reply.Picture.Thought.Length == 0 ? null : reply.Picture.Thought,
        ModelName = model,
        Fingerprint = reply.Facts.Fingerprint,
        Reported = reply.End.Reported,
        SettingsJson = JsonSerializer.Serialize(settings),
        FinishReason = reply.End.Finish.ToString().ToLowerInvariant(),
        PromptTokens = reply.End.PromptTokens,
        CompletionTokens = reply.End.Tokens,
        Seconds = reply.End.Elapsed.TotalSeconds,
    };

    private void Show(ChatTurn turn, ReplyPicture picture) => _ = InvokeAsync(() =>
    {
        if (!turn.Picture.IsGrowing) return; // the end was shown before this picture came
        turn.Picture = picture;
        StateHasChanged();
    });

    private Task StopAsync() => _open.Stop?.CancelAsync() ?? Task.CompletedTask;

    private async Task DeleteAsync(int id)
    {
        await Store.DeleteAsync(await Live.DemandAsync(LabRight.Infer), id);
        if (_answering.Find(chat => chat.Record?.Id == id) is { } answering)
        {
            answering.IsDeleted = true;
            if (answering.Stop is { } stop) await stop.CancelAsync();
        }

        if (_open.Record?.Id == id) await NewAsync();
        _conversations = await Store.ListAsync(_owner);
    }
}
