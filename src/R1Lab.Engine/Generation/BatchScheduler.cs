using System.Runtime.InteropServices;
using R1Lab.Engine.Modeling;
using static TorchSharp.torch;

namespace R1Lab.Engine.Generation;

/// <summary>
/// Steps all running requests together: one pass gives every row its next token, rows join and leave between passes, and long prompts are read
/// in pieces so that they do not stall the others. Used by one thread, inside no-grad.
/// </summary>
/// <remarks>
/// The linear maps of a pass run over all rows at once; attention runs row by row on caches of different length. Sums inside a product may be
/// ordered differently for one row than for several, so logits alone and beside others agree to rounding (about 1e-6), not to the bit.
/// </remarks>
internal sealed class BatchScheduler(Decoder decoder)
{
    // Prompt tokens read between two passes of the running rows: some tens of milliseconds of pause for the others.
    private const int PromptPiece = 256;

    // Rows of logits over a large vocabulary that are in memory at once while a prompt is scored.
    private const int ScoredPiece = 32;

    private readonly List<GenerationRow> _rows = [];
    private int _nextPrefill;

    public int Count => _rows.Count;

    public void Add(GenerationRow row) => _rows.Add(row);

    /// <summary>Ends the rows whose caller has left.</summary>
    public void DropCancelled()
    {
        foreach (var row in _rows.Where(r => r.Cancellation.IsCancellationRequested)) row.Complete(FinishReason.Cancelled);
        Sweep();
    }

    /// <summary>Reads at most one piece of prompts, then gives every row that is ready its next token. An error ends only the row it belongs to.</summary>
    public void Step()
    {
        DropCancelled();
        Prefill();
        Decode([.. _rows.Where(r => !r.IsDone && !r.IsPrefilling).OrderBy(r => r.Adapter?.GetHashCode() ?? 0)]);
        Sweep();
    }

    /// <summary>Hands every row back to the caller, who ends them.</summary>
    public IReadOnlyList<GenerationRow> TakeAll()
    {
        GenerationRow[] rows = [.. _rows];
        _rows.Clear();
        return rows;
    }

    private void Sweep() => _rows.RemoveAll(r => r.IsDone);

    // The budget goes around among prompts, so that a short one is not kept waiting by a long one.
    private void Prefill()
    {
        var budget = PromptPiece;
        var waiting = _rows.Where(r => !r.IsDone && r.IsPrefilling).ToList();
        for (var i = 0; i < waiting.Count && budget > 0; i++)
        {
            _nextPrefill = (_nextPrefill + 1) % waiting.Count;
            var row = waiting[_nextPrefill];
            if (row.IsDone || !row.IsPrefilling) continue;
            var count = Math.Min(budget, row.Request.Prompt.Count - row.Prefilled);
            budget -= count;
            Guard(row, () => ReadPrompt(row, count));
        }
    }

    private void ReadPrompt(GenerationRow row, int count)
    {
        using var scope = NewDisposeScope();
        var prompt = row.Request.Prompt;
        var ids = new long[count];
        for (var i = 0; i < count; i++) ids[i] = prompt[row.Prefilled + i];
        var hidden = decoder.Hidden(tensor(ids, [1, count], device: decoder.TokenDevice.Torch), new ForwardContext { Cache = row.Open(), Adapter = row.Adapter });
        var first = row.Prefilled;
        row.Prefilled += count;
        if (row.PromptLogprobs is not null) ScorePrompt(row, hidden, first);
        if (row.IsPrefilling) return;
        if (row.Request.Settings.MaxNewTokens == 0) row.Complete(FinishReason.Length);
        else Choose(row, LogitsOf(decoder.Head(hidden.narrow(1, count - 1, 1))));
    }

    // The hidden state at a place scores the token that follows it.
    private void ScorePrompt(GenerationRow row, Tensor hidden, int first)
    {
        var prompt = row.Request.Prompt;
        var count = (int)Math.Min(hidden.size(1), prompt.Count - 1 - first);
        for (var start = 0; start < count; start += ScoredPiece)
        {
            using var scope = NewDisposeScope();
            var length = Math.Min(ScoredPiece, count - start);
            var logits = LogitsOf(decoder.Head(hidden.narrow(1, start, length)));
            for (var i = 0; i < length; i++)
            {
                row.PromptLogprobs!.Add(Logprobs.Of(logits.Slice(i * Vocabulary, Vocabulary), prompt[first + start + i + 1], row.TopLogprobs!.Value));
            }
        }
    }

    private void Decode(List<GenerationRow> rows)
    {
        if (rows.Count == 0) return;
        var lengths = rows.ConvertAll(r => r.Cache!.Length);
        try
        {
            DecodeTogether(rows);
        }
        catch (Exception) when (rows.Count > 1)
        {
            // The pass failed before any token was chosen: every row goes again alone, and the one at fault fails by itself.
            for (var i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                row.Cache!.Truncate(lengths[i]);
                Guard(row, () => DecodeTogether([row]));
            }
        }
        catch (Exception e)
        {
            rows[0].Fail(GenerationErrors.Explain(e));
        }
    }

    private void DecodeTogether(List<GenerationRow> rows)
    {
        using var scope = NewDisposeScope();
        var ids = new long[rows.Count];
        for (var i = 0; i < ids.Length; i++) ids[i] = rows[i].LastToken;
        var context = new ForwardContext { RowCaches = rows.ConvertAll(r => r.Cache!), RowAdapters = rows.ConvertAll(r => r.Adapter) };
        var logits = LogitsOf(decoder.Head(decoder.Hidden(tensor(ids, [ids.Length, 1], device: decoder.TokenDevice.Torch), context)));
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            try
            {
                Choose(row, logits.Slice(i * Vocabulary, Vocabulary));
            }
            catch (Exception e)
            {
                row.Fail(GenerationErrors.Explain(e));
            }
        }
    }

    private static void Choose(GenerationRow row, Span<float> logits)
    {
        // Scores are of the model's own distribution; the sampler changes the logits in place afterwards.
        var asked = row.TopLogprobs;
        var scores = asked is null ? null : new Logprobs(logits, asked.Value);
        var token = row.Sampler.Choose(logits);
        row.Accept(token, scores?.Of(token));
    }

    private static void Guard(GenerationRow row, Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            row.Fail(GenerationErrors.Explain(e));
        }
    }

    private int Vocabulary => decoder.Config.VocabSize;

    // Straight into the tensor's memory, which lives until the scope around ends.
    private static Span<float> LogitsOf(Tensor logits) => MemoryMarshal.Cast<byte, float>(logits.to(ScalarType.Float32).cpu().contiguous().bytes);
}
