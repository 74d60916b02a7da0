using System.Diagnostics;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Modeling;

namespace R1Lab.Engine.Generation;

/// <summary>One request on its way: its cache, its sampler, its text. Touched by the compute thread only, once it has been handed over.</summary>
internal sealed class GenerationRow
{
    private readonly TaskCompletionSource<GenerationResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<GenerationStep>? _onStep;
    private readonly LoadedAdapter? _adapter;
    private readonly LoadedModel _model;
    private readonly ReplyText _text;
    private readonly List<int> _tokens = [];
    private readonly List<TokenLogprob>? _logprobs;
    private readonly long _started = Stopwatch.GetTimestamp();
    private TimeSpan _firstTokenAfter;

    public GenerationRow(LoadedModel model, GenerationRequest request, LoadedAdapter? adapter, Action<GenerationStep>? onStep, CancellationToken cancellation)
    {
        (_model, Request, _adapter, _onStep, Cancellation) = (model, request, adapter, onStep, cancellation);
        _text = new ReplyText(model.Tokenizer, request.Settings, model.ThoughtMarks);
        Sampler = new Sampler(request.Settings, request.Prompt);
        if (request.Settings.Logprobs is null) return;
        _logprobs = [];
        if (request.Settings.Echo) PromptLogprobs = [null];
    }

    public GenerationRequest Request { get; }

    public CancellationToken Cancellation { get; }

    public Sampler Sampler { get; }

    public AdapterSet? Adapter => _adapter?.Set;

    public KeyValueCache? Cache { get; private set; }

    /// <summary>Prompt tokens already in the cache.</summary>
    public int Prefilled { get; set; }

    /// <summary>One a prompt token scored so far; null when not asked for.</summary>
    public List<TokenLogprob?>? PromptLogprobs { get; }

    public bool IsPrefilling => Prefilled < Request.Prompt.Count;

    /// <summary>The token the next pass reads.</summary>
    public int LastToken => _tokens[^1];

    public int? TopLogprobs => Request.Settings.Logprobs;

    /// <summary>True when result or error has been handed over.</summary>
    public bool IsDone { get; private set; }

    public Task<GenerationResult> Result => _completion.Task;

    /// <summary>True when there is nothing to compute: no new tokens and no scores were asked for.</summary>
    public bool NeedsNothing => Request.Settings.MaxNewTokens == 0 && PromptLogprobs is null;

    public KeyValueCache Open() => Cache ??= new KeyValueCache(_model.Decoder, capacity: Math.Min(Request.Prompt.Count + Math.Min(Request.Settings.MaxNewTokens, 256), Limit));

    /// <summary>Takes a chosen token: text, stop conditions, the step to the caller.</summary>
    public void Accept(int token, TokenLogprob? logprob)
    {
        if (_tokens.Count == 0) _firstTokenAfter = Stopwatch.GetElapsedTime(_started);
        _tokens.Add(token);
        if (logprob is not null) _logprobs?.Add(logprob);
        var (ends, textStart) = (IsEnd(token), _text.Length);
        var text = ends ? _text.Finish() : _text.Push(token);
        FinishReason? finish = ends || _text.Stopped ? FinishReason.Stop : null;
        if (finish is null && (_tokens.Count >= Request.Settings.MaxNewTokens || Request.Prompt.Count + _tokens.Count >= Limit))
        {
            text += _text.Finish();
            finish = _text.Stopped ? FinishReason.Stop : FinishReason.Length;
        }

        _onStep?.Invoke(new GenerationStep(token, text, logprob)
        {
            PromptLogprobs = _tokens.Count == 1 ? PromptLogprobs : null,
            Marks = _text.TakeMarks(textStart),
        });
        if (finish is { } reason) Complete(reason);
    }

    public void Complete(FinishReason reason)
    {
        Close();
        _completion.TrySetResult(new GenerationResult(
            _tokens, _text.Text, reason, Request.Prompt.Count, _logprobs, PromptLogprobs, _firstTokenAfter, Stopwatch.GetElapsedTime(_started))
        { Seed = Sampler.Seed, Marks = _text.Marks });
    }

    /// <summary>Ends the row with an error. Does not throw, whatever state the row is in.</summary>
    public void Fail(Exception error)
    {
        try
        {
            Close();
        }
        catch (Exception closing)
        {
            error = new AggregateException(error, closing);
        }

        _completion.TrySetException(error);
    }

    private int Limit => _model.Decoder.Config.MaxPositions;

    private bool IsEnd(int token) =>
        Request.Settings.StopTokenIds.Contains(token) || (!Request.Settings.IgnoreEos && _model.Defaults.EosTokenIds.Contains(token));

    private void Close()
    {
        if (IsDone) return;
        IsDone = true;
        Cache?.Dispose();
        _adapter?.Release();
    }
}
