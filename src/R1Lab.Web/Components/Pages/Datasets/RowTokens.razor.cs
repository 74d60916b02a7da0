using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Engine.Datasets;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Running;

namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>Encodes the row with a model's own tokenizer and template, as training does.</summary>
public sealed partial class RowTokens : ComponentBase
{
    private IReadOnlyList<RegisteredModel> _models = [];
    private RegisteredModel? _model;
    private ThinkingPolicy _policy;
    private IReadOnlyList<TokenPiece>? _pieces;
    private RowOmission _omission;
    private RowTraits _traits;
    private NewRow? _shown;
    private string? _problem;

    [Parameter, EditorRequired]
    public NewRow Row { get; set; } = default!;

    [Inject]
    private ModelLibrary Library { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        _models = [.. (await Library.ListAsync(CancellationToken.None)).Where(m => m.Kind != ModelKind.Adapter)];
        _model = _models.FirstOrDefault(m => Library.CanChat(m)) ?? (_models.Count > 0 ? _models[0] : null);
        await EncodeAsync();
    }

    protected override Task OnParametersSetAsync() => Row == _shown ? Task.CompletedTask : EncodeAsync();

    private Task ChooseModelAsync(RegisteredModel? model)
    {
        _model = model;
        return EncodeAsync();
    }

    private Task ChoosePolicyAsync(ThinkingPolicy policy)
    {
        _policy = policy;
        return EncodeAsync();
    }

    private async Task EncodeAsync()
    {
        (_shown, _pieces, _omission, _traits, _problem) = (Row, null, RowOmission.None, RowTraits.None, null);
        if (_model is null)
        {
            _problem = Text["NoModel"];
            return;
        }

        try
        {
            var vocabulary = await Library.VocabularyAsync(_model, _model.Name, CancellationToken.None);
            if (vocabulary.Tokenizer is { } tokenizer) Encode(vocabulary, tokenizer);
            else _problem = Text["NoTokenizer", _model.Name];
        }
        catch (Exception e) when (e is ModelUnavailableException or Engine.Tokenization.ChatTemplateException)
        {
            _problem = Failures.Show(e);
        }
    }

    private void Encode(ModelVocabulary vocabulary, Engine.Tokenization.Tokenizer tokenizer)
    {
        if (Row.InputIds is not null)
        {
            EncodeTokens(tokenizer);
            return;
        }

        if (vocabulary.TemplateFault is { } fault) throw new Engine.Tokenization.ChatTemplateException(fault);
        var encoded = new ExampleEncoder(tokenizer, vocabulary.Template, _policy, vocabulary.MaxLength).Encode(new DatasetRow(Row.Prompt, Row.Response));
        (_pieces, _omission, _traits) = (TokenView.Of(encoded.Example, tokenizer), encoded.Omission, encoded.Traits);
    }

    private void EncodeTokens(Engine.Tokenization.Tokenizer tokenizer)
    {
        try
        {
            var ids = JsonSerializer.Deserialize<int[]>(Row.InputIds!)!;
            var labels = JsonSerializer.Deserialize<int[]>(Row.Labels ?? "[]")!;
            if (labels.Length == ids.Length) _pieces = TokenView.Of(new TokenExample(ids, labels), tokenizer);
            else _problem = Text["LabelsBad"];
        }
        catch (JsonException)
        {
            _problem = Text["LabelsBad"];
        }
    }
}
