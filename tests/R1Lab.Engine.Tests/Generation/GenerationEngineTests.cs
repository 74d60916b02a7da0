using R1Lab.Engine.Adapters;
using R1Lab.Engine.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Generation;

public sealed class GenerationEngineTests : IDisposable
{
    private static readonly int[] Prompt = [10, 20, 30, 40];
    private readonly TinyModel _tiny = new();
    private readonly LoadedModel _model;
    private readonly GenerationEngine _engine;

    public GenerationEngineTests()
    {
        _model = _tiny.Load();
        _engine = new GenerationEngine(_model);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
        _tiny.Dispose();
    }

    [Fact]
    public async Task GenerateAsync_SameSeed_SameTextAloneAndBesideOthers()
    {
        var settings = new GenerationSettings { Seed = 42, MaxNewTokens = 60, TopP = 0.95, TopK = 40, Temperature = 0.8, IgnoreEos = true };
        var alone = await _engine.GenerateAsync(new(Prompt, settings), cancellation: Ct);

        var others = Enumerable.Range(0, 7).Select(i => _engine.GenerateAsync(new([.. Enumerable.Range(i, 5 + i * 40)], settings with { Seed = i }), cancellation: Ct)).ToList();
        var beside = await _engine.GenerateAsync(new(Prompt, settings), cancellation: Ct);
        var results = await Task.WhenAll(others);

        Assert.Equal(alone.Tokens, beside.Tokens);
        Assert.Equal(alone.Text, beside.Text);
        Assert.Equal(8, results.Append(alone).DistinctBy(r => r.Text).Count());
    }

    [Fact]
    public async Task GenerateAsync_Steps_TogetherAreTheResult()
    {
        var steps = new List<GenerationStep>();

        var result = await _engine.GenerateAsync(new(Prompt, new() { Seed = 1, MaxNewTokens = 30, IgnoreEos = true, Logprobs = 3 }), steps.Add, Ct);

        Assert.Equal(result.Tokens, steps.Select(s => s.TokenId));
        Assert.Equal(result.Text, string.Concat(steps.Select(s => s.Text)));
        Assert.Equal(_model.Tokenizer!.Decode(result.Tokens, skipSpecialTokens: true), result.Text);
        Assert.Equal(result.Logprobs, steps.Select(s => s.Logprob));
        Assert.Equal((FinishReason.Length, 4), (result.Finish, result.PromptTokens));
    }

    [Fact]
    public async Task GenerateAsync_EndTokens_EndTheReplyWithoutTheirText()
    {
        var free = await _engine.GenerateAsync(new(Prompt, new() { Temperature = 0, MaxNewTokens = 12, IgnoreEos = true }), cancellation: Ct);
        var last = free.Tokens[^1];
        var first = free.Tokens.TakeWhile(t => t != last).Count();

        var ended = await _engine.GenerateAsync(new(Prompt, new() { Temperature = 0, MaxNewTokens = 12, IgnoreEos = true, StopTokenIds = [last] }), cancellation: Ct);

        Assert.Equal(FinishReason.Stop, ended.Finish);
        Assert.Equal(free.Tokens.Take(first + 1), ended.Tokens);
        Assert.Equal(_model.Tokenizer!.Decode([.. free.Tokens.Take(first)], skipSpecialTokens: true), ended.Text);
    }

    [Fact]
    public async Task GenerateAsync_StopText_CutsTheReply()
    {
        var settings = new GenerationSettings { Seed = 4, MaxNewTokens = 40, IgnoreEos = true };
        var free = await _engine.GenerateAsync(new(Prompt, settings), cancellation: Ct);
        var stop = free.Text.Substring(8, 3);

        var cut = await _engine.GenerateAsync(new(Prompt, settings with { Stop = ["never in it", stop] }), cancellation: Ct);

        Assert.Equal(FinishReason.Stop, cut.Finish);
        Assert.Equal(free.Text[..free.Text.IndexOf(stop, StringComparison.Ordinal)], cut.Text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task GenerateAsync_EchoWithLogprobs_ScoresThePrompt(int newTokens)
    {
        var prompt = Enumerable.Range(0, 300).Select(i => i * 7 % 251).ToArray();

        var result = await _engine.GenerateAsync(new(prompt, new() { Temperature = 0, MaxNewTokens = newTokens, Echo = true, Logprobs = 2, IgnoreEos = true }), cancellation: Ct);

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var all = prompt.Concat(result.Tokens).Select(t => (long)t).ToArray();
        var expected = _model.Decoder.Forward(tensor(all).unsqueeze(0), new()).log_softmax(-1)[0];
        Assert.Equal(newTokens, result.Tokens.Count);
        Assert.Null(result.PromptLogprobs![0]);
        var scores = result.PromptLogprobs.Skip(1).Concat(result.Logprobs!).ToList();
        Assert.Equal(all.Skip(1), scores.Select(s => (long)s!.TokenId));
        Assert.All(scores.Index(), s => Assert.Equal(expected[s.Index, s.Item!.TokenId].item<float>(), s.Item.Logprob, 1e-4));
        Assert.All(scores.Index(), s => Assert.Equal(expected[s.Index].max().item<float>(), s.Item!.Top[0].Logprob, 1e-4));
        Assert.All(scores, s => Assert.Equal(2, s!.Top.Count));
    }

    [Fact]
    public async Task GenerateAsync_AdaptersSideBySide_EachGivesItsMergedText()
    {
        var folders = new[] { SaveAdapter("first", 1, dora: false), SaveAdapter("second", 2, dora: true) };
        _model.AddAdapter("first", folders[0]);
        _model.AddAdapter("second", folders[1]);
        var settings = new GenerationSettings { Temperature = 0, MaxNewTokens = 25, IgnoreEos = true };

        var together = await Task.WhenAll(new string?[] { null, "first", "second", "first" }.Select(a => _engine.GenerateAsync(new(Prompt, settings, a), cancellation: Ct)));

        Assert.Equal(together[1].Tokens, together[3].Tokens);
        Assert.NotEqual(together[0].Tokens, together[1].Tokens);
        Assert.Equal(await MergedTokens(folders[0], settings), together[1].Tokens);
        Assert.Equal(await MergedTokens(folders[1], settings), together[2].Tokens);
        Assert.Equal(3, new[] { null, "first", "second" }.Select(_model.Fingerprint).Distinct().Count());
    }

    [Fact]
    public async Task RemoveAdapter_WhileInUse_LetsTheRequestFinish()
    {
        _model.AddAdapter("used", SaveAdapter("used", 3, dora: false));
        var settings = new GenerationSettings { Temperature = 0, MaxNewTokens = 20, IgnoreEos = true };
        var undisturbed = await _engine.GenerateAsync(new(Prompt, settings, "used"), cancellation: Ct);

        var disturbed = await _engine.GenerateAsync(new(Prompt, settings, "used"), _ => _model.RemoveAdapter("used"), Ct);

        Assert.Equal(undisturbed.Tokens, disturbed.Tokens);
        Assert.Empty(_model.Adapters);
    }

    [Fact]
    public async Task GenerateAsync_ARequestFails_OthersAreNotTouched()
    {
        var settings = new GenerationSettings { Seed = 9, MaxNewTokens = 40, IgnoreEos = true };
        var good = _engine.GenerateAsync(new(Prompt, settings), cancellation: Ct);

        var badAdapter = await Assert.ThrowsAsync<BadInputException>(() => _engine.GenerateAsync(new(Prompt, settings, "nobody"), cancellation: Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _engine.GenerateAsync(new(Prompt, settings), _ => throw new InvalidOperationException("the reader broke"), Ct));
        var again = await _engine.GenerateAsync(new(Prompt, settings), cancellation: Ct);

        Assert.Contains("nobody", badAdapter.Message, StringComparison.Ordinal);
        Assert.Equal((await good).Text, again.Text);
    }

    [Fact]
    public async Task GenerateAsync_Cancelled_EndsWithinTwoTokens()
    {
        using var leaving = new CancellationTokenSource();
        var seen = 0;

        var result = await _engine.GenerateAsync(new(Prompt, new() { Seed = 2, MaxNewTokens = 400, IgnoreEos = true }), _ =>
        {
            if (++seen == 10) leaving.Cancel();
        }, leaving.Token);

        Assert.Equal(FinishReason.Cancelled, result.Finish);
        Assert.InRange(result.Tokens.Count, 10, 12);
    }

    [Fact]
    public async Task Pause_WhileRunning_HoldsTokensUntilResume()
    {
        var seen = 0;
        var begun = new TaskCompletionSource();
        var running = _engine.GenerateAsync(new(Prompt, new() { Seed = 2, MaxNewTokens = 60, IgnoreEos = true }), _ =>
        {
            if (Interlocked.Increment(ref seen) == 5) begun.SetResult();
        }, Ct);
        await begun.Task;

        _engine.Pause();
        var (atPause, waiting) = (seen, _engine.GenerateAsync(new(Prompt, new() { MaxNewTokens = 1 }), cancellation: Ct));
        using var leaving = new CancellationTokenSource();
        var left = _engine.GenerateAsync(new(Prompt, new()), cancellation: leaving.Token);
        await leaving.CancelAsync();
        var leftResult = await left;
        var afterwards = seen;
        _engine.Resume();
        var result = await running;

        Assert.Equal(atPause, afterwards);
        Assert.Equal(FinishReason.Cancelled, leftResult.Finish);
        Assert.Equal(60, result.Tokens.Count);
        Assert.Single((await waiting).Tokens);
    }

    [Fact]
    public async Task GenerateAsync_ContextFull_EndsByLength()
    {
        using var tiny = new TinyModel(withTokenizer: false, maxPositions: 24);
        using var model = tiny.Load();
        using var engine = new GenerationEngine(model);

        var result = await engine.GenerateAsync(new([.. Enumerable.Range(0, 20)], new() { Seed = 1, MaxNewTokens = 100, IgnoreEos = true }), cancellation: Ct);
        var tooLong = await Assert.ThrowsAsync<BadInputException>(() => engine.GenerateAsync(new([.. Enumerable.Range(0, 24)], new()), cancellation: Ct));

        Assert.Equal((4, FinishReason.Length, ""), (result.Tokens.Count, result.Finish, result.Text));
        Assert.Contains("24", tooLong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new int[0], "empty")]
    [InlineData(new[] { 5, 999 }, "999")]
    [InlineData(new[] { -1 }, "-1")]
    public async Task GenerateAsync_ImpossiblePrompt_IsRefusedInWords(int[] prompt, string named)
    {
        var e = await Assert.ThrowsAsync<BadInputException>(() => _engine.GenerateAsync(new(prompt, new()), cancellation: Ct));

        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GenerateAsync_ManyMoreThanRunTogether_AllAnswered()
    {
        using var engine = new GenerationEngine(_model, mostRunning: 3);

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => engine.GenerateAsync(new(Prompt, new() { Seed = i, MaxNewTokens = 5 + i, IgnoreEos = true }), cancellation: Ct)));

        Assert.Equal(Enumerable.Range(0, 12).Select(i => 5 + i), results.Select(r => r.Tokens.Count));
        Assert.Equal((0, 0), (engine.Running, engine.Waiting));
    }

    [Fact]
    public async Task Dispose_WithRequestsOpen_EndsThemAsCancelled()
    {
        var engine = new GenerationEngine(_model);
        var open = engine.GenerateAsync(new(Prompt, new() { MaxNewTokens = 500, IgnoreEos = true }), cancellation: Ct);

        engine.Dispose();

        Assert.Equal(FinishReason.Cancelled, (await open).Finish);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.GenerateAsync(new(Prompt, new()), cancellation: Ct));
    }

    // An error outside every guard, on the engine's own thread: without a last catch there it ends the process.
    [Fact]
    public async Task GenerateAsync_ErrorBetweenRequests_FailsTheRequestsAndTheEngineLives()
    {
        var reported = new List<Exception>();
        using var engine = new GenerationEngine(_model, onFailure: error =>
        {
            reported.Add(error);
            throw new InvalidOperationException("the log is full");
        });
        var settings = new GenerationSettings { MaxNewTokens = 400, IgnoreEos = true };
        using var queued = new ManualResetEventSlim();
        var beside = engine.GenerateAsync(new(Prompt, settings), _ => queued.Wait(Ct), Ct);
        var breaking = engine.GenerateAsync(new(new BreakingPrompt(), settings), cancellation: Ct);
        queued.Set();

        var broken = await Record.ExceptionAsync(() => breaking);
        var other = await Record.ExceptionAsync(() => beside);
        var next = await engine.GenerateAsync(new(Prompt, settings with { MaxNewTokens = 3 }), cancellation: Ct);

        Assert.Equal(("the prompt broke", "the prompt broke"), (broken?.Message, other?.Message));
        Assert.Equal(["the prompt broke"], reported.Select(error => error.Message));
        Assert.Equal((3, 0), (next.Tokens.Count, engine.Waiting));
    }

    [Fact]
    public async Task TryReserve_PlacesTaken_CountUntilTheirRequestsStart()
    {
        using var engine = new GenerationEngine(_model, mostWaiting: 3);
        engine.Pause();

        var two = engine.TryReserve(2)!;
        Assert.Null(engine.TryReserve(2));
        var third = engine.TryReserve(1)!;
        var queued = engine.GenerateAsync(new(Prompt, new() { MaxNewTokens = 1 }), two[0], cancellation: Ct);
        Assert.Equal((3, null), (engine.Waiting, engine.TryReserve(1)));
        third[0].Dispose();
        third[0].Dispose();
        Assert.Equal(2, engine.Waiting);
        engine.Resume();
        await queued;
        two[0].Dispose();

        Assert.Equal(1, engine.Waiting);
        two[1].Dispose();
        Assert.Equal(3, engine.TryReserve(3)?.Count);
    }

    [Fact]
    public void TryReserve_ManyThreads_NeverTakesMoreThanMayWait()
    {
        using var engine = new GenerationEngine(_model, mostWaiting: 5);
        engine.Pause();

        var taken = 0;
        Parallel.For(0, 200, _ => Interlocked.Add(ref taken, engine.TryReserve(1)?.Count ?? 0));

        Assert.Equal((5, 5), (taken, engine.Waiting));
    }

    [Fact]
    public async Task GenerateAsync_RequestRefused_GivesItsPlaceBack()
    {
        using var engine = new GenerationEngine(_model, mostWaiting: 1);
        using (var place = engine.TryReserve(1)![0])
        {
            await Assert.ThrowsAsync<BadInputException>(() => engine.GenerateAsync(new([], new()), place, cancellation: Ct));
        }

        Assert.Equal(0, engine.Waiting);
    }

    private string SaveAdapter(string name, long seed, bool dora)
    {
        var folder = Path.Combine(_tiny.Folder, name);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var adapter = AdapterSet.Create(_model.Decoder, new LoraSettings { R = 4, UseDora = dora }, seed);
        foreach (var (_, up) in adapter.Parameters.Where(p => p.Key.Contains("lora_B", StringComparison.Ordinal))) up.normal_(0, 0.2, new Generator((ulong)seed));
        adapter.Save(folder, "tiny");
        return folder;
    }

    /// <summary>Can be checked by any caller, and breaks on the engine's thread.</summary>
    private sealed class BreakingPrompt : IReadOnlyList<int>
    {
        public int Count => Thread.CurrentThread.Name == "generation" ? throw new InvalidOperationException("the prompt broke") : 1;

        public int this[int index] => 1;

        public IEnumerator<int> GetEnumerator() => Enumerable.Repeat(1, 1).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private async Task<IReadOnlyList<int>> MergedTokens(string adapterFolder, GenerationSettings settings)
    {
        using var model = _tiny.Load();
        using (var adapter = AdapterSet.Load(model.Decoder, adapterFolder)) adapter.MergeInto(model.Decoder);
        using var engine = new GenerationEngine(model);
        return (await engine.GenerateAsync(new(Prompt, settings), cancellation: Ct)).Tokens;
    }
}
