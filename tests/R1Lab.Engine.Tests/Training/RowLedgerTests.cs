using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

public sealed class RowLedgerTests : IDisposable
{
    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_WholeAndBrokenPasses_TellsEveryRowOnceAPass(bool packing)
    {
        var recipe = TrainingRuns.Busy with { MaxSteps = null, NumTrainEpochs = 2.5, Packing = packing, MaxLength = 40, ValSize = 0, LearningRate = 1e-9, Lora = TrainingRuns.Busy.Lora with { LoraDropout = 0 } };
        var rows = TrainingRuns.Rows().Where(row => row.TrainedTokens > 0).ToArray();

        _runs.Run(_runs.Job(recipe, rows: rows));

        Assert.Equal([0, 1, 2], _runs.Passes.Select(pass => pass[0].Epoch));
        Assert.All(_runs.Passes.Take(2), pass => Assert.Equal(rows.Select(row => (row.RowId!.Value, row.TrainedTokens)), pass.Select(row => (row.RowId, row.Tokens))));
        Assert.InRange(_runs.Passes[2].Count, 1, rows.Length - 1);
        // At a rate of almost nothing every pass sees the same model: the step's mean loss is the mean over its rows' tokens.
        var mean = _runs.Passes[0].Sum(row => row.Loss * row.Tokens) / rows.Sum(row => row.TrainedTokens);
        Assert.All(_runs.Passes[0].Zip(_runs.Passes[1]), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-4));
        if (!packing) Assert.Equal(LossOf(rows), mean, 1e-3);
    }

    [Fact]
    public void State_Restored_GoesOnWhereItStood()
    {
        using var scope = NewDisposeScope();
        var batch = MicroBatch.Of([new TokenExample([1, 2, 3], [-100, 2, 3], 7), new TokenExample([1, 2], [-100, 2], 9)], [[0], [1]], packed: false) with { RowEpochs = [0, 1] };
        var (whole, restored) = (new RowLedger(), new RowLedger());
        whole.Add(batch, [1, 3, 5]);

        var state = whole.State().ToDictionary(pair => pair.Key, pair => pair.Value);
        restored.Restore(state.GetValueOrDefault);
        restored.Add(batch, [3, 1, 7]);

        Assert.Equal([new RowLoss(0, 7, 2, 4)], Assert.Single(restored.TakeBefore(1)));
        Assert.Equal([new RowLoss(1, 9, 6, 2)], Assert.Single(restored.TakeBefore(2)));
        Assert.Empty(restored.TakeBefore(9));
    }

    // The loss of the untrained model over all rows, from an evaluation.
    private double LossOf(TokenExample[] rows)
    {
        _runs.Metrics.Clear();
        _runs.Run(_runs.Job(TrainingRuns.Busy with { LearningRate = 1e-9, MaxSteps = 1 }, rows: rows) with { Evaluation = rows });
        return _runs.Metrics[^1].EvalLoss!.Value;
    }
}
