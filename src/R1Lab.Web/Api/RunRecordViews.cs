using R1Lab.Data.Runs;
using R1Lab.Engine;

namespace R1Lab.Web.Api;

/// <summary>What the model said to one fixed prompt at one step; step 0 is the base.</summary>
/// <param name="PromptIndex">Place of the prompt in the recipe.</param>
/// <param name="Thought">Null where the model did not think.</param>
/// <param name="Stopped">It ended by itself and not at the limit.</param>
public sealed record RunProbeView(
    int Step, int PromptIndex, string Prompt, string? Thought, string Answer, int ThoughtTokens, int AnswerTokens, bool Stopped, DateTimeOffset At)
{
    public static RunProbeView Of(RunProbe probe) => new(
        probe.Step, probe.PromptIndex, probe.Prompt, probe.Thought, probe.Answer, probe.ThoughtTokens, probe.AnswerTokens, probe.Stopped, probe.At);
}

/// <summary>One page of a run's ledger of rows.</summary>
/// <param name="Total">Rows that match, on all pages.</param>
/// <param name="Epochs">Length of every row's <c>losses</c>.</param>
/// <param name="Counts">Rows a verdict.</param>
/// <param name="MedianLoss">Middle one of the last losses of all rows.</param>
/// <param name="EvalLoss">Loss of the newest evaluation, which verdicts are measured against.</param>
public sealed record RunLedgerView(
    int Total, int Offset, int Epochs, IReadOnlyDictionary<string, int> Counts, double MedianLoss, double? EvalLoss, IReadOnlyList<RunRowView> Rows)
{
    public static RunLedgerView Of(LossLedger ledger, int total, int offset, IEnumerable<RunRowView> rows) => new(
        total, offset, ledger.Epochs, ledger.Counts.ToDictionary(pair => SnakeCase.Of(pair.Key), pair => pair.Value), ledger.Median, ledger.HeldOut, [.. rows]);
}

/// <param name="Losses">Mean loss a learned token, one a pass; null where the pass did not see the row.</param>
/// <param name="Verdict">seen_once, never_learned, memorised, known_before, forgotten, learned, worsened, little_changed.</param>
/// <param name="Text">The beginning of the row; null when it is no longer in the dataset.</param>
public sealed record RunRowView(int Row, string Verdict, IReadOnlyList<double?> Losses, int Tokens, string? Text)
{
    public static RunRowView Of(LedgerRow row, string? text) => new(row.RowId, SnakeCase.Of(row.Verdict), row.Losses, row.Tokens, text);
}
