using CsCheck;
using R1Lab.Engine.Tests.Training.Signs;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Signs;

namespace R1Lab.Engine.Tests.Training;

public sealed class DiagnosisTests
{
    private const long EightBillion = 8_000_000_000;

    private static readonly TrainingRecipe Recipe = TrainingRecipe.Preset("recommended") with { Model = "m", Dataset = "1" };

    /// <summary>A sign must be seen whatever the noise.</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    /// <summary>Healthy runs of many lengths, depths, noises and stages.</summary>
    private static readonly Gen<SyntheticRun> Healthy =
        from seed in Gen.Int[0, 1_000_000]
        from points in Gen.Int[4, 600]
        from every in Gen.Int[1, 10]
        from floor in Gen.Double[0.3, 2]
        from fall in Gen.Double[0.4, 3]
        from speed in Gen.Double[4, 15]
        from noise in Gen.Double[0, 0.12]
        from evaluations in Gen.Int[1, 20]
        from norm in Gen.Double[0.05, 2]
        from done in Gen.Double[0, 1]
        select new SyntheticRun(seed, points, every)
        {
            Loss = share => floor + fall * Math.Exp(-speed * share),
            LossNoise = noise,
            EvalLoss = share => floor + 0.1 + fall * Math.Exp(-speed * share),
            EvalNoise = noise / 40,
            Evaluations = evaluations,
            GradNorm = share => norm * (1 + 3 * Math.Exp(-speed * share)),
            Done = done,
        };

    [Fact]
    public void Of_HealthyRuns_FindsNothing() =>
        Healthy.Hold(run => Assert.Empty(Codes(run)), cases: 2000, print: run => $"{string.Join(',', Codes(run))} of {run.Steps().Count} points");

    [Theory, MemberData(nameof(Seeds))]
    public void Of_LossThatClimbsAgain_IsDiverging(int seed)
    {
        var run = new SyntheticRun(seed) { Loss = done => done < 0.5 ? 2 - done : 1.5 + 4 * (done - 0.5), EvalLoss = null };

        var finding = Findings(run)[0];

        Assert.Equal(("loss_diverging", ProblemSeverity.Error), (finding.Problem.Code, finding.Problem.Severity));
        Assert.Equal(6.7e-5, finding.Fixed!.LearningRate);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Of_ValidationThatRisesWhileTrainingFalls_IsOverfitting(int seed)
    {
        var run = new SyntheticRun(seed) { Loss = done => 2 * Math.Exp(-3 * done) + 0.05, EvalLoss = done => 1.2 + 2 * Math.Pow(done - 0.4, 2) };

        var finding = Assert.Single(Findings(run));

        Assert.Equal("overfitting", finding.Problem.Code);
        Assert.InRange((int)finding.Problem.Arguments[0], 30, 50);
        Assert.Equal((true, 2), (finding.Fixed!.LoadBestModelAtEnd, finding.Fixed.EarlyStoppingPatience));
        Assert.InRange(finding.Fixed.NumTrainEpochs, 1, 1.5);
    }

    // Ten evaluations of 1, the last ones higher: one may be an accident, and two that fall again are no trend.
    [Theory]
    [InlineData(1, 1.5, false)]
    [InlineData(1.4, 1.5, true)]
    [InlineData(1.5, 1.4, false)]
    public void Of_LastEvaluationsAboveTheBest_AreOverfittingWhenBothAre(double last, double newest, bool overfits)
    {
        var steps = new SyntheticRun(1) { EvalLoss = _ => 1, EvalNoise = 0 }.Steps();
        steps[89] = steps[89] with { EvalLoss = last };
        steps[99] = steps[99] with { EvalLoss = newest };

        var found = Diagnosis.Of(steps, Recipe with { LoggingSteps = 1 }, 100, EightBillion);

        Assert.Equal(overfits ? ["overfitting"] : [], found.Select(finding => finding.Problem.Code));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Of_LossThatStays_IsSlowAfterAThirdOfTheRun(int seed)
    {
        var run = new SyntheticRun(seed) { Loss = _ => 2.5, LossNoise = 0.02, EvalLoss = null };

        Assert.Equal(["slow_convergence"], Codes(run));
        Assert.Empty(Codes(new SyntheticRun(seed) { Loss = _ => 2.5, LossNoise = 0.02, EvalLoss = null, Done = 0.3 }));
        Assert.Equal(6e-4, Findings(run)[0].Fixed!.LearningRate);
    }

    [Fact]
    public void Of_LossThatIsLowAlready_IsNotSlow() =>
        Assert.Empty(Codes(new SyntheticRun(1) { Loss = _ => 0.05, EvalLoss = null }));

    [Fact]
    public void Of_FlatLossInsideTheWarmup_IsNotSlow()
    {
        var recipe = Recipe with { WarmupRatio = 0, WarmupSteps = 29 };

        var found = Diagnosis.Of(new SyntheticRun(1) { Loss = _ => 2.5, LossNoise = 0.02, EvalLoss = null, Done = 0.4 }.Steps(), recipe, 100, EightBillion);

        Assert.Empty(found);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Of_GradientsFarAboveTheNorm_AreCutAndSaid(int seed)
    {
        var run = new SyntheticRun(seed) { GradNorm = _ => 12 };

        Assert.Equal(["gradients_cut"], Codes(run));
        Assert.Empty(Diagnosis.Of(run.Steps(), Recipe with { MaxGradNorm = 0 }, 100, EightBillion));
    }

    // Norms of 12 in the last quarter only; and norms of 7, not far above five times the maximum norm, in the whole run.
    [Theory, MemberData(nameof(Seeds))]
    public void Of_GradientsThatRoseLatelyOrAreSomewhatTooHigh_AreCutToo(int seed)
    {
        Assert.Equal(["gradients_cut"], Codes(new SyntheticRun(seed) { GradNorm = done => done < 0.75 ? 2 : 12 }));
        Assert.Equal(["gradients_cut"], Codes(new SyntheticRun(seed) { GradNorm = _ => 7 }));
    }

    // Healthy runs, high at first and falling, whose last ten norms or so happened to lie five times above the maximum norm.
    [Theory]
    [InlineData(39_076_547, 62, 12, 1.992566658418832, 5.185185185185185, 0.5806451612903226)]
    [InlineData(521_401_268, 167, 16, 2, 4.5119880256667075, 0.3420994410685281)]
    public void Of_FewFallingNormsThatLieHighByChance_AreNoFinding(int seed, int points, int evaluations, double norm, double speed, double done)
    {
        var run = new SyntheticRun(seed, points) { Evaluations = evaluations, GradNorm = share => norm * (1 + 3 * Math.Exp(-speed * share)), Done = done };

        Assert.InRange(CurveStatistics.Median(run.Steps().TakeLast(10).Select(step => step.GradNorm!.Value)), 5, 6);
        Assert.Empty(Codes(run));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Of_GradientsThatGrow_AreExploding(int seed)
    {
        var run = new SyntheticRun(seed) { GradNorm = done => 0.2 * Math.Exp(10 * Math.Max(0, done - 0.5)) };

        var found = Diagnosis.Of(run.Steps(), Recipe with { MaxGradNorm = 0 }, 100, EightBillion);

        Assert.Equal("gradients_exploding", Assert.Single(found).Problem.Code);
        Assert.Equal((1.0, 6.7e-5), (found[0].Fixed!.MaxGradNorm, found[0].Fixed!.LearningRate));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Of_GradientsNextToNothing_AreVanishing(int seed)
    {
        var run = new SyntheticRun(seed) { GradNorm = _ => 1e-7 };

        var found = Diagnosis.Of(run.Steps(), Recipe with { Dtype = TrainingDtype.Float16 }, 100, EightBillion);

        Assert.Equal("gradients_vanishing", Assert.Single(found).Problem.Code);
        Assert.Equal(TrainingDtype.Auto, found[0].Fixed!.Dtype);
        Assert.Null(Assert.Single(Findings(run)).Fixed);
    }

    [Fact]
    public void Of_LossThatIsNoNumber_IsFoundFirstAndHidesWhatFollowsFromIt()
    {
        var steps = new SyntheticRun(3) { Loss = _ => 2 }.Steps();
        steps[70] = steps[70] with { Loss = double.NaN };
        steps[71] = steps[71] with { Loss = double.PositiveInfinity, GradNorm = double.NaN };

        var finding = Assert.Single(Diagnosis.Of(steps, Recipe, 100, EightBillion));

        Assert.Equal(("loss_not_finite", 71), (finding.Problem.Code, finding.Problem.Arguments[0]));
    }

    [Fact]
    public void Of_RunThatEndedOnANonFiniteStep_IsFoundWithoutAnyLoggedNumber()
    {
        var found = Diagnosis.Of([], Recipe with { LearningRate = 0.5, MaxGradNorm = 0, WarmupRatio = 0 }, 100, EightBillion, divergedAt: 2);

        Assert.Equal(["loss_not_finite", "lr_high"], found.Select(finding => finding.Problem.Code));
        Assert.Equal((2e-4, 1.0, 0.05), (found[0].Fixed!.LearningRate, found[0].Fixed!.MaxGradNorm, found[0].Fixed!.WarmupRatio));
    }

    [Fact]
    public void Of_OverflowThatTheLossScalerSkipped_IsNoFinding()
    {
        var steps = new SyntheticRun(3).Steps();
        steps[5] = steps[5] with { GradNorm = double.PositiveInfinity, LossScale = 32768 };

        Assert.Empty(Diagnosis.Of(steps, Recipe, 100, EightBillion));
    }

    // The earlier try diverged after step 50 and went on from there with numbers that are good.
    [Fact]
    public void Of_ResumedRun_CountsTheLaterTakeOfAStep()
    {
        var healthy = new SyntheticRun(5).Steps();
        var earlier = new SyntheticRun(6) { Loss = done => done < 0.5 ? 2 - done : 20 * done }.Steps().Take(70);
        List<StepMetrics> logged = [.. earlier, .. healthy.Skip(50)];

        Assert.Contains("loss_diverging", Diagnosis.Of([.. earlier], Recipe, 100, EightBillion).Select(finding => finding.Problem.Code));
        Assert.Empty(Diagnosis.Of(logged, Recipe, 100, EightBillion));
    }

    // The tutorial's run: 1,000 rows, 3 epochs of 16 rows a step.
    [Fact]
    public void Of_TutorialRecipe_FindsRateWarmupAndSaves()
    {
        var tutorial = TrainingRecipe.Preset("tutorial") with { Model = "m", Dataset = "1" };

        var found = Diagnosis.Of([], tutorial, 188, EightBillion);

        Assert.Equal(["lr_low", "warmup_long", "save_never_fires", "eval_never_fires"], found.Select(finding => finding.Problem.Code));
        Assert.Equal((2e-4, 0, 0.05), (found[0].Fixed!.LearningRate, found[1].Fixed!.WarmupSteps, found[1].Fixed!.WarmupRatio));
        Assert.Equal((null, null), (found[2].Fixed!.SaveSteps, found[3].Fixed!.EvalSteps));
    }

    [Fact]
    public void Of_AnyFix_MendsWhatItWasMadeFor()
    {
        var bad =
            from rate in Gen.Double[1e-9, 1].Select(x => Math.Pow(10, -9 * (1 - x)))
            from warmup in Gen.Int[0, 400]
            from save in Gen.Int[1, 1000]
            from logging in Gen.Int[1, 1000]
            from method in Gen.Enum<TrainingMethod>()
            from scheduler in Gen.Enum<SchedulerType>()
            select Recipe with
            {
                LearningRate = rate,
                WarmupSteps = warmup,
                SaveSteps = save,
                LoggingSteps = logging,
                Method = method,
                LrSchedulerType = scheduler,
                LrSchedulerKwargs = new() { MinLr = rate / 10, LrEnd = rate / 100 },
            };

        bad.Hold(recipe =>
        {
            foreach (var finding in Diagnosis.Of([], recipe, 300, EightBillion))
            {
                var left = Diagnosis.Of([], finding.Fixed!, 300, EightBillion).Select(other => other.Problem.Code);
                Assert.DoesNotContain(finding.Problem.Code, left);
                Assert.DoesNotContain(finding.Fixed!.Problems(), problem => problem.IsError);
            }
        });
    }

    [Fact]
    public void Of_AnyNumbers_GivesKnownCodesOnly()
    {
        double?[] special = [null, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, double.MaxValue, double.Epsilon];
        var number = Gen.OneOf(Gen.Double.Select(value => (double?)value), Gen.Int[0, special.Length - 1].Select(i => special[i]));
        var step = Gen.Select(Gen.Int[0, 50], number, number, number,
            (at, loss, norm, evaluation) => new StepMetrics { Step = at, Loss = loss, GradNorm = norm, EvalLoss = evaluation });

        step.List[0, 80].Select(Gen.Int[0, 100]).Hold(run =>
            Assert.Subset(new HashSet<string>([.. Diagnosis.Codes, "warmup_long", "warmup_longer_than_run", "logging_never_fires"]), Diagnosis.Of(run.Item1, Recipe, run.Item2).Select(finding => finding.Problem.Code).ToHashSet()));
    }

    [Fact]
    public void Of_UnknownModelSize_ToleratesTheRatesOfEverySize()
    {
        var steps = new SyntheticRun(1).Steps();

        Assert.Empty(Diagnosis.Of(steps, Recipe with { LearningRate = 5e-3 }, 100));
        Assert.Equal("lr_high", Diagnosis.Of(steps, Recipe with { LearningRate = 5e-3 }, 100, EightBillion).Single().Problem.Code);
    }

    private static IReadOnlyList<Finding> Findings(SyntheticRun run) => Diagnosis.Of(run.Steps(), Recipe with { LoggingSteps = 1 }, run.TotalSteps, EightBillion);

    private static List<string> Codes(SyntheticRun run) => [.. Findings(run).Select(finding => finding.Problem.Code)];
}
