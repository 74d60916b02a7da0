namespace R1Lab.Engine.Datasets;

/// <summary>Rows that pass through the model together, right-padded to the longest. Plain arrays: the trainer makes tensors of them.</summary>
public sealed record MicroBatch
{
    public required int Lines { get; init; }

    public required int Length { get; init; }

    /// <summary>[Lines*Length] token ids, 0 where padded.</summary>
    public required long[] InputIds { get; init; }

    /// <summary>[Lines*Length] 1, 2, … by example and 0 on padding, when examples are packed; else null. Tokens of different segments must not see each other.</summary>
    public long[]? SegmentIds { get; init; }

    /// <summary>[Lines*Length] positions that start again with every example, when packed; else null.</summary>
    public long[]? PositionIds { get; init; }

    /// <summary>Flat places (line*Length + position) whose prediction is scored.</summary>
    public required long[] Scored { get; init; }

    /// <summary>The token that should follow each scored place.</summary>
    public required long[] Targets { get; init; }

    /// <summary>Tokens that are not padding.</summary>
    public required int Tokens { get; init; }

    /// <summary>The dataset rows inside, in the order of their <see cref="Targets"/>.</summary>
    public required IReadOnlyList<int> Rows { get; init; }

    /// <summary>How many of <see cref="Targets"/> each of <see cref="Rows"/> has.</summary>
    public required IReadOnlyList<int> RowTargets { get; init; }

    /// <summary>The pass over the data each of <see cref="Rows"/> belongs to, from 0; empty outside of training.</summary>
    public IReadOnlyList<int> RowEpochs { get; init; } = [];

    /// <summary>The examples of every line, as places in the list the batch was made from.</summary>
    public required IReadOnlyList<int[]> Examples { get; init; }

    /// <summary>Neighbouring lines that belong together, such as the two answers of a pair: a batch is split between such groups only.</summary>
    public int LinesTogether { get; init; } = 1;

    /// <summary>The list that <see cref="Examples"/> point into.</summary>
    internal IReadOnlyList<TokenExample> Source { get; private init; } = [];

    /// <summary>Lays out lines of examples.</summary>
    /// <param name="rows">All examples.</param>
    /// <param name="lines">For every line the examples that stand in it, one or (packed) several.</param>
    /// <param name="packed">True writes segment and position ids.</param>
    public static MicroBatch Of(IReadOnlyList<TokenExample> rows, IReadOnlyList<int[]> lines, bool packed)
    {
        var length = lines.Max(line => line.Sum(row => rows[row].Length));
        var ids = new long[lines.Count * length];
        var (segments, positions) = packed ? (new long[ids.Length], new long[ids.Length]) : (null, null);
        var (scored, targets, rowTargets, tokens) = (new List<long>(), new List<long>(), new List<int>(), 0);
        for (var line = 0; line < lines.Count; line++)
        {
            var at = line * length;
            for (var segment = 0; segment < lines[line].Length; segment++)
            {
                var row = rows[lines[line][segment]];
                var before = targets.Count;
                for (var i = 0; i < row.Length; i++)
                {
                    ids[at + i] = row.InputIds[i];
                    if (packed) (segments![at + i], positions![at + i]) = (segment + 1, i);
                    if (i == 0 || row.Labels[i] == TokenExample.NotTrained) continue;
                    scored.Add(at + i - 1);
                    targets.Add(row.Labels[i]);
                }

                rowTargets.Add(targets.Count - before);
                at += row.Length;
                tokens += row.Length;
            }
        }

        return new MicroBatch
        {
            Lines = lines.Count,
            Length = length,
            InputIds = ids,
            SegmentIds = segments,
            PositionIds = positions,
            Scored = [.. scored],
            Targets = [.. targets],
            Tokens = tokens,
            Rows = [.. lines.SelectMany(line => line).Select(row => rows[row].RowId ?? row)],
            RowTargets = rowTargets,
            Examples = lines,
            Source = rows,
        };
    }

    /// <summary>The same rows in batches of fewer lines, each padded to its own longest.</summary>
    /// <param name="lines">Most lines of a part; raised to <see cref="LinesTogether"/>.</param>
    public IReadOnlyList<MicroBatch> Split(int lines)
    {
        if (lines >= Lines) return [this];
        var (parts, taken) = (new List<MicroBatch>(), 0);
        foreach (var chunk in Examples.Chunk(Math.Max(1, lines / LinesTogether) * LinesTogether))
        {
            var part = Of(Source, chunk, SegmentIds is not null);
            parts.Add(part with { RowEpochs = [.. RowEpochs.Skip(taken).Take(part.Rows.Count)], LinesTogether = LinesTogether });
            taken += part.Rows.Count;
        }

        return parts;
    }
}

/// <summary>The rows of one optimizer step.</summary>
public sealed record StepBatch(IReadOnlyList<MicroBatch> MicroBatches)
{
    /// <summary>Scored predictions in the whole step.</summary>
    public int TrainedTokens => MicroBatches.Sum(batch => batch.Targets.Length);

    public int Tokens => MicroBatches.Sum(batch => batch.Tokens);

    public IReadOnlyList<int> Rows => [.. MicroBatches.SelectMany(batch => batch.Rows)];
}
