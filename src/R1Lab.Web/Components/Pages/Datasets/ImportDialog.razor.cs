using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using Microsoft.JSInterop;
using MudBlazor;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>Choose a file, send it in pieces, judge every line, store all or nothing.</summary>
public sealed partial class ImportDialog : ComponentBase
{
    private enum ImportState { Choosing, Sending, Reading }

    private readonly Stopwatch _clock = new();
    private ElementReference _input;
    private ElementReference _zone;
    private PageScript _script = default!;
    private DotNetObjectReference<ImportDialog>? _self;
    private ImportState _state;
    private ImportResult? _result;
    private UploadSession? _upload;
    private DatasetFormat _format;
    private string? _fileName;
    private string? _name;
    private string? _problem;
    private long _length;
    private long _received;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    [Inject]
    private UploadStore Uploads { get; set; } = default!;

    [Inject]
    private UploadFolder Folder { get; set; } = default!;

    [Inject]
    private DatasetImport Importer { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    private bool IsBusy => _state != ImportState.Choosing;

    private long _perSecond => _clock.Elapsed.TotalSeconds > 0.2 ? (long)(_received / _clock.Elapsed.TotalSeconds) : 0;

    /// <summary>Called by the page's script after each piece.</summary>
    [JSInvokable]
    public void ReportProgress(long received)
    {
        _received = received;
        StateHasChanged();
    }

    public async ValueTask DisposeAsync()
    {
        await _script.CloseAsync("cancel"); // otherwise the browser would continue the abandoned upload
        _self?.Dispose();
    }

    protected override void OnInitialized() => _script = new PageScript(Js, "./js/upload.js");

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        _self = DotNetObjectReference.Create(this);
        await _script.CallAsync("acceptDrops", _zone, _input);
    }

    private async Task ChooseAsync()
    {
        if (await _script.CallAsync<ChosenFile?>("chosen", _input) is not { } file) return;
        (_fileName, _length, _received, _result) = (file.Name, file.Size, 0, null);
        _problem = file.Size == 0 ? Text["Empty"].Value : null;
        await ForgetUploadAsync();
        _name = Path.GetFileNameWithoutExtension(file.Name);
    }

    private async Task StartAsync()
    {
        try
        {
            if (_upload is null && !await SendAsync()) return;
            await ReadAsync(skipBad: false, ignoreFields: false);
        }
        catch (Exception e) when (e is not NotAllowedException && FailureTranslation.IsExpected(e))
        {
            _problem = Failures.Show(e);
        }
        catch (NotAllowedException)
        {
            _problem = Denied["Action"];
        }
        finally
        {
            _state = ImportState.Choosing;
        }
    }

    private async Task SkipBadAsync()
    {
        try
        {
            await ReadAsync(skipBad: true, ignoreFields: true);
        }
        catch (Exception e) when (e is not NotAllowedException && FailureTranslation.IsExpected(e))
        {
            _problem = Failures.Show(e);
        }
        catch (NotAllowedException)
        {
            _problem = Denied["Action"];
        }
        finally
        {
            _state = ImportState.Choosing;
        }
    }

    private async Task<bool> SendAsync()
    {
        (_state, _problem, _result) = (ImportState.Sending, null, null);
        _clock.Restart();
        if (await _script.CallAsync<SentFile>("send", _input, _self) is not { } sent) return false;
        _clock.Stop();
        if (sent.Problem is { } problem) _problem = Text[problem, sent.Reason ?? ""];
        _upload = sent.Id is { } id ? await Uploads.GetAsync(id) : null;
        return _upload is not null;
    }

    private async Task ReadAsync(bool skipBad, bool ignoreFields)
    {
        (_state, _problem) = (ImportState.Reading, null);
        StateHasChanged();
        var settings = new ImportSettings(_name!.Trim(), _format, skipBad) { IgnoreFields = ignoreFields };
        var result = await Importer.RunAsync(await Live.DemandAsync(LabRight.Train), Folder.PathOf(_upload!), _fileName!, settings, CancellationToken.None);
        if (result.Dataset is null)
        {
            _result = result;
            return;
        }

        await ForgetUploadAsync();
        Dialog.Close(result.Dataset);
    }

    private async Task CancelAsync()
    {
        if (_state == ImportState.Sending) await _script.CallAsync("cancel");
        await ForgetUploadAsync();
        Dialog.Cancel();
    }

    private async Task ForgetUploadAsync()
    {
        if (_upload is not null) await Folder.RemoveAsync(await Live.DemandAsync(LabRight.Train), _upload, CancellationToken.None);
        _upload = null;
    }
}
