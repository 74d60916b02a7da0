using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Engine.Tests.Training.Reporting;

public sealed class MetricDefinitionsTests
{
    [Fact]
    public void All_Names_AreUniqueAndSpelledAsFields()
    {
        Assert.All(MetricDefinitions.All, definition => Assert.True(definition.Key.All(letter => letter is '_' || char.IsAsciiLetterLower(letter))));
        Assert.Distinct(MetricDefinitions.All.Select(definition => definition.Key));
        Assert.Distinct(MetricDefinitions.All.Select(definition => definition.TensorBoardTag).OfType<string>());
        Assert.Distinct(MetricDefinitions.All.Select(definition => definition.TrainerStateName).OfType<string>());
        Assert.DoesNotContain(MetricDefinitions.All, definition => definition.Key is "step" or "total_steps" or "epoch" or "at");
    }

    [Fact]
    public void All_KeysThatCodeRefersTo_AreDefined()
    {
        var keys = typeof(MetricKeys).GetFields().Select(field => (string)field.GetRawConstantValue()!);

        Assert.Empty(keys.Except(MetricDefinitions.All.Select(definition => definition.Key)));
    }

    [Theory]
    [InlineData(1.0, null, new[] { MetricPhase.Training, MetricPhase.Machine })]
    [InlineData(null, 1.0, new[] { MetricPhase.Evaluation, MetricPhase.Machine })]
    [InlineData(double.NaN, 1.0, new[] { MetricPhase.Training, MetricPhase.Evaluation, MetricPhase.Machine })]
    public void Logs_Step_FollowsItsLosses(double? loss, double? evalLoss, MetricPhase[] expected)
    {
        var step = new StepMetrics { Loss = loss, EvalLoss = evalLoss };

        Assert.Equal(expected, Enum.GetValues<MetricPhase>().Where(phase => step.Logs(new("m", MetricUnit.Number) { Phase = phase })));
    }
}
