using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

public sealed class RunDiagnosisTests : RunRecordTest
{
    private static readonly TrainingRecipe Recipe = new() { Model = "m", Dataset = "1", LearningRate = 2e-4 };

    [Fact]
    public async Task Of_StoredNumbers_AreJudgedByAllTheirCurves()
    {
        Assert.Empty(await CodesAsync(Steps(step => 3.0 / Math.Sqrt(step))));
        Assert.Equal(["loss_diverging"], await CodesAsync(Steps(step => step < 50 ? 2 - (step * 0.02) : 1 + ((step - 50) * 0.1))));
        Assert.Equal(["overfitting"], await CodesAsync(Steps(step => 3.0 / Math.Sqrt(step), step => step % 25 == 0 ? 1 + (step * 0.01) : null)));
        Assert.Equal(["gradients_cut"], await CodesAsync(Steps(step => 3.0 / Math.Sqrt(step), norm: 8)));
        Assert.Empty(await CodesAsync(Steps(step => 3.0 / Math.Sqrt(step), norm: double.PositiveInfinity, scale: 1024)));
    }

    [Fact]
    public void Of_FailedRun_SaysWhereItDiverged()
    {
        var finding = Assert.Single(Diagnosis.Of([], Recipe, 100, divergedAt: 7));

        Assert.Equal(("loss_not_finite", 7), (finding.Problem.Code, finding.Problem.Arguments[0]));
    }

    private async Task<IEnumerable<string>> CodesAsync(List<StepMetrics> logged)
    {
        await Runs.DropMetricsAfterAsync(Actors.Lab, Run.Id, 0, cancellationToken: Cancel);
        await Runs.AppendAsync(Actors.Lab, Run.Id, logged.ConvertAll(step => step.Stored(Run.Id)), [], Cancel);
        return Diagnosis.Of(await Runs.StepsAsync(Run.Id, cancellationToken: Cancel), Recipe, 100).Select(finding => finding.Problem.Code);
    }

    private static List<StepMetrics> Steps(Func<int, double> loss, Func<int, double?>? evalLoss = null, double norm = 0.5, double? scale = null) =>
        [.. Enumerable.Range(1, 100).Select(step => new StepMetrics { Step = step, TotalSteps = 100, Loss = loss(step), EvalLoss = evalLoss?.Invoke(step), GradNorm = norm, LossScale = scale })];
}
