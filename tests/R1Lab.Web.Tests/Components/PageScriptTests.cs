using Microsoft.JSInterop;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Tests.Components;

/// <summary>Components that are closed while their script is on its way, or at work.</summary>
public sealed class PageScriptTests
{
    private readonly FakeBrowser _browser = new();
    private readonly PageScript _script;

    public PageScriptTests() => _script = new PageScript(_browser, "./js/some.js");

    [Fact]
    public async Task CallAsync_ScriptThere_ReturnsItsAnswer()
    {
        _browser.Imported.SetResult(_browser);
        _browser.Answer.SetResult("answer");

        Assert.Equal("answer", await _script.CallAsync<string>("ask", 1));
        Assert.Equal(["import", "ask"], _browser.Calls);
    }

    [Fact]
    public async Task CallAsync_ClosedBeforeTheScriptCame_CallsNothing()
    {
        var call = _script.CallAsync<string>("ask");
        var closing = _script.DisposeAsync();
        _browser.Imported.SetResult(_browser);

        Assert.Null(await call);
        await closing;
        Assert.Equal(["import", "dispose"], _browser.Calls);
    }

    [Fact]
    public async Task CallAsync_ElementsGoneWithTheComponent_IsNoError()
    {
        _browser.Imported.SetResult(_browser);
        var call = _script.CallAsync<string>("ask");
        await _script.CloseAsync("stop", 1);
        _browser.Answer.SetException(new JSException("null is not an object"));

        Assert.Null(await call);
        Assert.Equal(["import", "ask", "stop", "dispose"], _browser.Calls);
    }

    [Fact]
    public async Task CallAsync_ScriptFailsWhileTheComponentIsOpen_Throws()
    {
        _browser.Imported.SetResult(_browser);
        _browser.Answer.SetException(new JSException("a fault of the script"));

        await Assert.ThrowsAsync<JSException>(() => _script.CallAsync<string>("ask"));
    }

    [Fact]
    public async Task CallAsync_NeverAnswered_EndsWithTheComponent()
    {
        _browser.Imported.SetResult(_browser);
        var call = _script.CallAsync<string>("ask");
        Assert.False(call.IsCompleted);

        await _script.DisposeAsync();

        Assert.Null(await call);
        Assert.Null(await _script.CallAsync<string>("ask"));
        Assert.Equal(["import", "ask", "dispose"], _browser.Calls);
    }

    [Fact]
    public async Task CallAsync_TabGone_IsNoError()
    {
        _browser.Imported.SetException(new JSDisconnectedException("gone"));

        Assert.Null(await _script.CallAsync<string>("ask"));
        await _script.CloseAsync("stop");
    }

    // An import of one's own has to think of all of the above again.
    [Fact]
    public void Components_ImportScriptsThroughPageScriptOnly()
    {
        var own = Directory.EnumerateFiles(Path.Combine(ReferenceFiles.Repository, "src", "R1Lab.Web", "Components"), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor" && File.ReadAllText(file).Contains("\"import\"", StringComparison.Ordinal))
            .Select(Path.GetFileName);

        Assert.Equal(["PageScript.cs"], own);
    }

    /// <summary>A browser, and the only module it has; both wait for the test.</summary>
    private sealed class FakeBrowser : IJSRuntime, IJSObjectReference
    {
        public List<string> Calls { get; } = [];

        public TaskCompletionSource<IJSObjectReference> Imported { get; } = new();

        public TaskCompletionSource<object> Answer { get; } = new();

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => InvokeAsync<TValue>(identifier, default, args);

        public async ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args)
        {
            Calls.Add(identifier);
            if (identifier == "import") return (TValue)await Imported.Task;
            return identifier == "ask" ? (TValue)await Answer.Task.WaitAsync(cancellationToken) : default!;
        }

        public ValueTask DisposeAsync()
        {
            Calls.Add("dispose");
            return ValueTask.CompletedTask;
        }
    }
}
