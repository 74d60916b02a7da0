using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

public sealed class ProblemFixesTests
{
    private const int Rows = 96;
    private const long Parameters = 3_000_000;

    private static readonly TrainingRecipe Tutorial = TrainingRecipe.Preset("tutorial") with { Model = "m", Dataset = "d" };

    [Fact]
    public void All_OfTheTutorialPreset_LeavesNothingThatASettingSolves()
    {
        var before = CheckOf(Tutorial);

        var changed = ProblemFixes.All(Tutorial, before, Parameters);

        Assert.True(ProblemFixes.Of(Tutorial, before, Parameters).Count >= 5);
        Assert.Empty(ProblemFixes.Of(changed, CheckOf(changed), Parameters));
        Assert.True(ProblemFixes.Changes(Tutorial, changed).Count >= 5);
    }

    [Fact]
    public void EveryFix_OfManyRecipes_SolvesItsProblem()
    {
        foreach (var recipe in Recipes())
        {
            var check = CheckOf(recipe);
            foreach (var fix in ProblemFixes.Of(recipe, check, Parameters))
                Assert.DoesNotContain(CheckOf(fix.Recipe).Problems, left => left.Code == fix.Problem.Code && left.Field == fix.Problem.Field);
        }
    }

    [Fact]
    public void Of_AnError_ThatNoSettingSolves_HasNoFix()
    {
        var check = new RunCheck([new("dataset_empty", "dataset", ProblemSeverity.Error, "The dataset has no rows.")], null, null);

        Assert.Empty(ProblemFixes.Of(Tutorial, check, Parameters));
    }

    private static RunCheck CheckOf(TrainingRecipe recipe) => new([.. recipe.Problems(LengthOf(recipe), Parameters)], FactsOf(recipe), null);

    private static RunFacts FactsOf(TrainingRecipe recipe) => new()
    {
        Rows = Rows,
        TrainRows = Rows,
        EvaluationRows = 0,
        OverLongRows = 0,
        SplitRowIds = [],
        Omitted = [],
        DatasetId = 1,
        TextRows = Rows,
        Lengths = LengthHistogram.Of([10]),
        OtherRowsLeftOut = 0,
        ThinkingRows = Rows,
        Tokens = 1000,
        TrainedTokens = 500,
        LongestRow = 10,
        MaxLength = recipe.MaxLength,
        TotalSteps = LengthOf(recipe).Steps,
        Epochs = 3,
        LinesPerEpoch = Rows,
        LinesPerStep = 16,
    };

    private static RunLength LengthOf(TrainingRecipe recipe) => RunLength.Of(recipe, [.. Enumerable.Repeat(new TokenExample([1, 2], [-100, 2]), Rows)]);

    private static IEnumerable<TrainingRecipe> Recipes() =>
    [
        Tutorial,
        Tutorial with { ValSize = 0, EvalsPerEpoch = 2, EarlyStoppingPatience = 3, LoadBestModelAtEnd = true },
        Tutorial with { LrSchedulerType = SchedulerType.Constant },
        Tutorial with { FreezeLayers = 2, Optim = OptimizerType.Adamw8Bit, NeftuneNoiseAlpha = 80 },
        Tutorial with { NeftuneNoiseAlpha = -1, GradientCheckpointingLayers = 2, ActivationOffloading = true },
        Tutorial with { Method = TrainingMethod.Full, EmbeddingOnHost = true, LearningRate = 1 },
        Tutorial with { Method = TrainingMethod.Qlora, EvalsPerEpoch = 2, EarlyStoppingPatience = 50 },
    ];
}
