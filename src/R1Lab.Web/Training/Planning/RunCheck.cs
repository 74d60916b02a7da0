using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;

namespace R1Lab.Web.Training;

/// <summary>What is known about a run before it starts.</summary>
/// <param name="Problems">Errors first, then what needs confirmation, warnings and notes.</param>
/// <param name="Facts">What would be trained; null where model or data could not be read.</param>
public sealed record RunCheck(IReadOnlyList<Problem> Problems, RunFacts? Facts, RunEstimate? Estimate)
{
    /// <summary>Codes of problems that a person has said are meant.</summary>
    public IReadOnlyList<string> Confirmed { get; init; } = [];

    public IEnumerable<Problem> Unconfirmed => Problems.Where(problem => problem.NeedsConfirmation && !Confirmed.Contains(problem.Code));

    /// <summary>Everything that is said when the run is refused; a word that is missing is an error of the field <c>confirmed</c>.</summary>
    public IReadOnlyList<Problem> Refusals => [.. Unconfirmed.Select(PlanProblems.Unconfirmed), .. Problems.Except(Unconfirmed)];

    public bool MayStart => !Problems.Any(problem => problem.IsError) && !Unconfirmed.Any();

    /// <summary>The first thing said about a field.</summary>
    public Problem? About(string field) => Problems.FirstOrDefault(problem => problem.Field == field);
}

/// <summary>What the data is, under the recipe.</summary>
public sealed record RunFacts
{
    /// <summary>Rows of the dataset.</summary>
    public required int Rows { get; init; }

    public required int TrainRows { get; init; }

    public required int EvaluationRows { get; init; }

    /// <summary>Rows longer than the length limit, left out or learned in parts.</summary>
    public required int OverLongRows { get; init; }

    /// <summary>Ids of those of them that are learned in parts.</summary>
    public required IReadOnlyList<int> SplitRowIds { get; init; }

    public int SplitRows => SplitRowIds.Count;

    /// <summary>Every row that is left out.</summary>
    public required IReadOnlyList<OmittedRow> Omitted { get; init; }

    /// <summary>The dataset's number, for links to its rows.</summary>
    public required int DatasetId { get; init; }

    /// <summary>Rows of text; the others are token ids.</summary>
    public required int TextRows { get; init; }

    /// <summary>How long the rows are before anything is left out.</summary>
    public required LengthHistogram Lengths { get; init; }

    /// <summary>Rows left out for another reason, for example by the thinking policy.</summary>
    public required int OtherRowsLeftOut { get; init; }

    /// <summary>Rows whose response has a thought; rows of token ids do not count, nobody knows.</summary>
    public required int ThinkingRows { get; init; }

    /// <summary>Tokens of the rows that are used.</summary>
    public required long Tokens { get; init; }

    /// <summary>Those of them that are learned.</summary>
    public required long TrainedTokens { get; init; }

    /// <summary>Of the rows that are used, in tokens.</summary>
    public required int LongestRow { get; init; }

    /// <summary>The length limit the rows were looked at under, in tokens.</summary>
    public required int MaxLength { get; init; }

    public required int TotalSteps { get; init; }

    /// <summary>Epochs in all steps, fractional.</summary>
    public required double Epochs { get; init; }

    /// <summary>Lines of an epoch: rows, or packs of them.</summary>
    public required int LinesPerEpoch { get; init; }

    /// <summary>Lines of a full step.</summary>
    public required int LinesPerStep { get; init; }

    /// <summary>Rows of a full step, on average where they are packed.</summary>
    public double RowsPerStep => LinesPerEpoch == 0 ? LinesPerStep : (double)LinesPerStep * TrainRows / LinesPerEpoch;

    public double TrainedShare => Tokens == 0 ? 0 : (double)TrainedTokens / Tokens;
}

/// <summary>How long and how large, roughly.</summary>
/// <param name="Measured">The pace comes from comparable earlier runs; else it is an assumption.</param>
/// <param name="Time">At the typical pace.</param>
/// <param name="Memory">What the plan was made from, to make it again for another setting.</param>
/// <param name="Plan">Memory at its peak.</param>
/// <param name="Device"><c>cpu</c> or <c>cuda:0</c>.</param>
public sealed record RunEstimate(double TokensPerSecond, bool Measured, TimeSpan Time, RunMemory Memory, MemoryPlan Plan, string Device)
{
    /// <summary>At the pace of the fastest comparable run, or of a fast device.</summary>
    public TimeSpan Shortest { get; init; } = Time;

    /// <summary>At the pace of the slowest comparable run, or of a slow device.</summary>
    public TimeSpan Longest { get; init; } = Time;

    /// <summary>Comparable runs that were measured.</summary>
    public int Runs { get; init; }

    /// <summary>What those have in common with this one, in the recipe's words: method and type of the arithmetic.</summary>
    public string Conditions { get; init; } = "";
}
