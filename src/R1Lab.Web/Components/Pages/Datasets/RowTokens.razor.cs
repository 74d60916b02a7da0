using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Models;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Generation;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>Encodes the row with a model's own tokenizer and template, as training does.</summary>
public sealed partial class RowTokens : ComponentBase
{
    private IReadOnlyList<RegisteredModel> _models = [];
    private RegisteredModel? _model;
    private ThinkingPolicy _policy;
    private TrainOn _trainOn;
    private EncodedRow? _encoded;
    private IReadOnlyList<IReadOnlyList<TokenPiece>> _parts = [];
    private string? _shown;
    private string? _problem;

    /// <summary>Null where it is not complete yet.</summary>
    [Parameter, EditorRequired]
    public DatasetRow? Row { get; set; }

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

    protected override Task OnParametersSetAsync() => ContentOf(Row) == _shown ? Task.CompletedTask : EncodeAsync();

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

    private Task ChooseTrainOnAsync(TrainOn trainOn)
    {
        _trainOn = trainOn;
        return EncodeAsync();
    }

    private static string? ContentOf(DatasetRow? row) => row is null ? null : RowContent.Write(row);

    private async Task EncodeAsync()
    {
        var row = Row;
        (_shown, _encoded, _parts, _problem) = (ContentOf(row), null, [], null);
        if (row is null)
        {
            _problem = Text["Unfinished"];
            return;
        }

        if (_model is null)
        {
            _problem = Text["NoModel"];
            return;
        }

        try
        {
            var vocabulary = await Library.VocabularyAsync(_model, _model.Name, CancellationToken.None);
            if (_shown != ContentOf(row)) return; // another row is shown by now
            if (vocabulary.Tokenizer is { } tokenizer) Encode(row, vocabulary, tokenizer);
            else _problem = Text["NoTokenizer", _model.Name];
        }
        catch (Exception e) when (FailureTranslation.IsExpected(e))
        {
            _problem = Failures.Show(e);
        }
    }

    private void Encode(DatasetRow row, ModelVocabulary vocabulary, Engine.Tokenization.Tokenizer tokenizer)
    {
        if (row is ConversationRow && vocabulary.TemplateFault is { } fault) throw new Engine.Tokenization.ChatTemplateException(fault);
        _encoded = row switch
        {
            ConversationRow conversation => new ExampleEncoder(tokenizer, vocabulary.Template, _policy, vocabulary.MaxLength, _trainOn).Encode(conversation),
            _ => new EncodedRow([new EncodedPart(((TokenRow)row).Example, null)], RowOmission.None, RowTraits.None),
        };
        _parts = [.. _encoded.Parts.Select(part => TokenView.Of(part.Example, tokenizer))];
    }
}
