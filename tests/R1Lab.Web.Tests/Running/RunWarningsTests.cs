using R1Lab.Data.Runs;
using R1Lab.Web.Running;

namespace R1Lab.Web.Tests.Running;

public sealed class RunWarningsTests
{
    [Fact]
    public void Of_LossThatFalls_HasNothingToSay()
    {
        var metrics = Steps(100, step => 3.0 / Math.Sqrt(step));

        Assert.Empty(RunWarnings.Of(metrics, maxGradNorm: 1));
    }

    [Fact]
    public void Of_LossThatClimbsAgain_SaysDiverging()
    {
        var metrics = Steps(100, step => step < 50 ? 2 - (step * 0.02) : 1 + ((step - 50) * 0.1));

        Assert.Equal(["diverging"], RunWarnings.Of(metrics, maxGradNorm: 1));
    }

    [Fact]
    public void Of_ValidationThatRisesWhileTrainingFalls_SaysSo()
    {
        var metrics = Steps(100, step => 3.0 / step, step => step % 25 == 0 ? 1 + (step * 0.01) : null);

        Assert.Equal(["rising"], RunWarnings.Of(metrics, maxGradNorm: 1));
    }

    [Fact]
    public void Of_GradientsFarAboveTheNorm_SaysSo()
    {
        var metrics = Steps(60, step => 3.0 / step, norm: 8);

        Assert.Equal(["gradient"], RunWarnings.Of(metrics, maxGradNorm: 1));
        Assert.Empty(RunWarnings.Of(metrics, maxGradNorm: 0));
    }

    [Fact]
    public void Of_LossThatStays_SaysFlatOnlyAfterAThirdOfTheRun()
    {
        Assert.Equal(["flat"], RunWarnings.Of(Steps(60, _ => 2.5), maxGradNorm: 1));
        Assert.Empty(RunWarnings.Of(Steps(60, _ => 2.5, total: 1000), maxGradNorm: 1));
    }

    private static List<RunMetric> Steps(int count, Func<int, double> loss, Func<int, double?>? evalLoss = null, double norm = 0.5, int? total = null) =>
        [.. Enumerable.Range(1, count).Select(step => new RunMetric { Step = step, TotalSteps = total ?? count, Loss = loss(step), EvalLoss = evalLoss?.Invoke(step), GradNorm = norm })];
}
