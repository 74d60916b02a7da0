using Microsoft.JSInterop;

namespace R1Lab.Web.Components.Shared;

/// <summary>
/// The script module of one component, imported by its first call. A call has no time limit, because an upload may take an hour; it ends
/// with the component. Once the component is closed, or its tab is gone, a call does nothing: its script may no longer find the
/// component's elements, and an error after a component's end would stop the whole page.
/// </summary>
internal sealed class PageScript(IJSRuntime js, string path) : IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private Task<IJSObjectReference?>? _module;

    /// <summary>The function's answer; the type's default if the component was closed meanwhile.</summary>
    public async Task<T?> CallAsync<T>(string function, params object?[] arguments)
    {
        try
        {
            _closed.Token.ThrowIfCancellationRequested();
            var module = await (_module ??= ImportAsync());
            _closed.Token.ThrowIfCancellationRequested();
            return module is null ? default : await module.InvokeAsync<T?>(function, _closed.Token, arguments);
        }
        catch (Exception error) when (_closed.IsCancellationRequested || IsGone(error))
        {
            return default;
        }
    }

    public Task CallAsync(string function, params object?[] arguments) => CallAsync<object?>(function, arguments);

    /// <summary>Ends the calls under way; the last function releases what the component made in the browser, if it got that far.</summary>
    public async ValueTask CloseAsync(string? last = null, params object?[] arguments)
    {
        if (_closed.IsCancellationRequested) return;
        await _closed.CancelAsync();
        _closed.Dispose();
        if (_module is null) return;
        try
        {
            if (await _module is not { } module) return;
            if (last is not null) await module.InvokeVoidAsync(last, arguments);
            await module.DisposeAsync();
        }
        catch (Exception error) when (error is JSException || IsGone(error))
        {
            // The tab is gone, and what the component made with it.
        }
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private static bool IsGone(Exception error) => error is JSDisconnectedException or OperationCanceledException or ObjectDisposedException;

    private async Task<IJSObjectReference?> ImportAsync() => await js.InvokeAsync<IJSObjectReference?>("import", CancellationToken.None, path);
}
