using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

public sealed class RatingStoreTests
{
    [Fact]
    public async Task NextAsync_SeveralRaters_SpreadsItemsAndShufflesAnswers()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 20, overlap: 1), Cancel);

        var tasks = new List<RatingTask>();
        for (var rater = 0; rater < 20; rater++) tasks.Add((await lab.Ratings.NextAsync(Actors.Rater($"r{rater}", "R"), study.Id, Cancel))!);

        Assert.Equal(20, tasks.Select(task => task.Prompt).Distinct().Count());
        Assert.Null(await lab.Ratings.NextAsync(Actors.Rater("late", "R"), study.Id, Cancel));
        var firstIsBase = tasks.Count(task => task.Answers[0].Text.StartsWith("base", StringComparison.Ordinal));
        Assert.InRange(firstIsBase, 3, 17);
        Assert.All(tasks, task => Assert.DoesNotContain("demo", task.ToString() + string.Join('|', task.Answers), StringComparison.Ordinal));
    }

    [Fact]
    public async Task NextAsync_SameSeed_GivesTheSameOrder()
    {
        var orders = new List<string>();
        for (var time = 0; time < 2; time++)
        {
            await using var lab = await LabFixture.CreateAsync();
            var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 5, overlap: 2), Cancel);
            orders.Add(string.Join(';', await RateAllAsync(lab, study.Id, "r1")));
        }

        Assert.Equal(orders[0], orders[1]);
    }

    [Fact]
    public async Task NextAsync_TaskInHand_ComesBackWithItsDraft()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 3, overlap: 2), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;
        var draft = new RatingDraft([new SlotScore(1, "fluency", 4), new SlotScore(0, "safety", null, true)], "想一想");

        await lab.Ratings.EnterAsync(Actors.Rater("r1"), task.AssignmentId, new RatingEntry(new EntryStamp("tab", 1), [], EntryIntent.Draft, draft), Cancel);

        var again = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;
        Assert.Equal((task.AssignmentId, AssignmentState.Draft, "想一想"), (again.AssignmentId, again.State, again.Draft.Comment!));
        Assert.Equal(draft.Scores, again.Draft.Scores);
        Assert.Equal(new RaterProgress(0, 3), again.Progress);
    }

    [Fact]
    public async Task NextAsync_LeaseRunsOut_FreesThePlaceForAnother()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 1, overlap: 1), Cancel);
        await lab.Ratings.NextAsync(Actors.Rater("gone", "R"), study.Id, Cancel);

        var before = await lab.Ratings.NextAsync(Actors.Rater("r2", "R"), study.Id, Cancel);
        lab.Time.Advance(RatingStore.Lease + TimeSpan.FromSeconds(1));
        var after = await lab.Ratings.NextAsync(Actors.Rater("r2", "R"), study.Id, Cancel);

        Assert.Null(before);
        Assert.NotNull(after);
    }

    [Fact]
    public async Task SkipAsync_Item_IsGivenToOthersButNotAgainToTheSameRater()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 1, overlap: 1), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;

        var skip = new RatingEntry(new EntryStamp("tab", 1), [], EntryIntent.Skip, RatingDraft.Empty, SkipReason.Broken);
        await lab.Ratings.EnterAsync(Actors.Rater("r1"), task.AssignmentId, skip, Cancel);

        Assert.Null(await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel));
        Assert.NotNull(await lab.Ratings.NextAsync(Actors.Rater("r2", "R"), study.Id, Cancel));
    }

    [Fact]
    public async Task SubmitAsync_AgainNamingTheRevision_ReplacesTheScores()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 1, overlap: 1), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;

        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, All(task, 2), cancellationToken: Cancel);
        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, All(task, 5), expectedRevision: 1, Cancel);

        var rows = await lab.Studies.ExportAsync(study.Id, Cancel);
        Assert.Equal(Enumerable.Repeat<int?>(5, 10), rows.Select(row => row.Value));
        Assert.Equal(["fp-base", "fp-tuned"], rows.Select(row => row.Fingerprint).Distinct().Order());
        var opened = await lab.Ratings.OpenAsync(task.AssignmentId, "r1", Cancel);
        Assert.Equal((AssignmentState.Submitted, 10), (opened.State, opened.Draft.Scores.Count(score => score.Value == 5)));
        Assert.Equal(task.AssignmentId, Assert.Single(await lab.Ratings.SubmissionsAsync("r1", Cancel)).AssignmentId);
    }

    [Fact]
    public async Task SubmitAsync_IncompleteOrOffTheScale_NamesAnswerAndCriterionAndStoresNothing()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 1, overlap: 1), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;
        var whole = All(task, 3).Scores;
        RatingDraft[] bad =
        [
            new([.. whole.Where(score => score != new SlotScore(1, "safety", 3))]),
            new([.. whole.Skip(1), new SlotScore(0, "relevance", 6)]),
            new([.. whole.Skip(1), new SlotScore(0, "relevance", 3, true)]),
            new([.. whole, new SlotScore(0, "relevance", 3)]),
            new([.. whole, new SlotScore(2, "relevance", 3)]),
            new([.. whole, new SlotScore(0, "charm", 3)]),
        ];

        var messages = new List<string>();
        foreach (var rating in bad)
            messages.Add((await Assert.ThrowsAsync<InvalidRatingException>(() => lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, rating, cancellationToken: Cancel))).Message);

        Assert.Equal(
            [
                "Answer B, safety: it is not scored yet.", "Answer A, relevance: 6 is not on the scale of 1 to 5.",
                "Answer A, relevance: it has both a score and \"cannot judge\".", "Answer A, relevance: it is scored twice.",
                "Answer C, relevance: there is no answer 2.", "Answer A, charm: there is no such criterion.",
            ],
            messages);
        Assert.Empty(await lab.Studies.ExportAsync(study.Id, Cancel));
    }

    [Fact]
    public async Task UndoSubmitAsync_WithinTenSeconds_BringsTheScoresBackAsADraft()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 1, overlap: 1), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;
        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, All(task, 4), cancellationToken: Cancel);
        lab.Time.Advance(TimeSpan.FromSeconds(9));

        var undone = await lab.Ratings.UndoSubmitAsync(Actors.Rater("r1"), task.AssignmentId, cancellationToken: Cancel);

        var again = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;
        Assert.True(undone);
        Assert.Equal((AssignmentState.Draft, 10), (again.State, again.Draft.Scores.Count(score => score.Value == 4)));
        Assert.Empty(await lab.Studies.ExportAsync(study.Id, Cancel));
        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, again.Draft, cancellationToken: Cancel);
        lab.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.False(await lab.Ratings.UndoSubmitAsync(Actors.Rater("r1"), task.AssignmentId, cancellationToken: Cancel));
    }

    [Fact]
    public async Task Ratings_SomebodyElsesAssignment_IsNotThere()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 1, overlap: 1), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;

        await Assert.ThrowsAsync<RecordNotFoundException>(() => lab.Ratings.OpenAsync(task.AssignmentId, "r2", Cancel));
        await Assert.ThrowsAsync<RecordNotFoundException>(() => lab.Ratings.SubmitAsync(Actors.Rater("r2"), task.AssignmentId, All(task, 1), cancellationToken: Cancel));
        var entry = new RatingEntry(new EntryStamp("tab", 1), [], EntryIntent.Draft, RatingDraft.Empty);
        await Assert.ThrowsAsync<RecordNotFoundException>(() => lab.Ratings.EnterAsync(Actors.Rater("r2"), task.AssignmentId, entry, Cancel));
    }

    [Fact]
    public async Task ResultsAsync_ScoresAndCannotJudge_GivesMeansAndCountsPerModelAndRater()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 2, overlap: 2), Cancel);
        foreach (var (rater, tuned) in new[] { ("r1", 5), ("r2", 4) })
        {
            while (await lab.Ratings.NextAsync(Actors.Rater(rater, rater.ToUpperInvariant()), study.Id, Cancel) is { } task)
                await lab.Ratings.SubmitAsync(Actors.Rater(rater), task.AssignmentId, ByModel(task, 2, tuned), cancellationToken: Cancel);
        }

        var results = await lab.Studies.ResultsAsync(study.Id, Cancel);

        var tunedRelevance = results.ByCriterion.Single(one => one is { ModelName: "demo-tuned", Criterion: "relevance" });
        var baseSafety = results.ByCriterion.Single(one => one is { ModelName: "demo", Criterion: "safety" });
        Assert.Equal((4, 4.5, 0), (tunedRelevance.Count, tunedRelevance.Mean!.Value, tunedRelevance.CannotJudge));
        Assert.Equal([0, 0, 0, 2, 2], tunedRelevance.Counts);
        Assert.Equal((0, null, 4), (baseSafety.Count, baseSafety.Mean, baseSafety.CannotJudge));
        Assert.Equal(
            (2, 5.0), results.ByRater.Where(one => one is { RaterId: "r1", ModelName: "demo-tuned", Criterion: "fluency" })
                .Select(one => (one.Count, one.Mean!.Value)).Single());
        var comparison = results.Comparisons.Single(one => one.Criterion == "fluency");
        Assert.Equal(("demo", "demo-tuned", 2, 2.5), (comparison.First, comparison.Second, comparison.Result.Prompts.Count, comparison.Result.MeanDifference!.Value));
        var safety = results.Comparisons.Single(one => one.Criterion == "safety");
        Assert.Equal(
            (null, 0, 4, ComparisonVerdict.NotComparable, 1.0, 0.0),
            (safety.Result.MeanDifference, safety.Result.Pairs, safety.RatedBoth, safety.Verdict, safety.CannotJudge.First!.Value, safety.CannotJudge.Second!.Value));
        Assert.Equal((2, 4, 2), (results.Items, results.Submissions, results.Raters));
        Assert.Equal((4, 8), (results.Agreement[0].Answers, results.Agreement[0].Scores));
        Assert.Equal(4, Assert.Single(await lab.Studies.ListAsync(Cancel)).Submitted);
    }

    [Fact]
    public async Task CreateAsync_DraftFilledLater_IsSeenByRatersOnceOpen()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, Sample(items: 0, overlap: 1) with { Status = StudyStatus.Draft }, Cancel);
        await lab.Studies.AddItemAsync(Actors.Lab, study.Id, Item(0), Cancel);
        var before = await lab.Ratings.StudiesAsync("r1", Cancel);

        await lab.Studies.SetStatusAsync(Actors.Lab, study.Id, StudyStatus.Open, Cancel);

        var seen = Assert.Single(await lab.Ratings.StudiesAsync("r1", Cancel));
        Assert.Empty(before);
        Assert.Equal(new RaterStudy(study.Id, "study", "zh-CN", new RaterProgress(0, 1)), seen);
    }

    [Fact]
    public void StandardCriteria_All_HaveFivePointsInBothLanguages()
    {
        var criteria = StandardCriteria.All();

        Assert.Equal(["relevance", "fluency", "helpfulness", "correctness", "safety"], criteria.Select(one => one.Key));
        Assert.Equal(25, criteria.SelectMany(one => one.Anchors).Distinct().Count());
        Assert.Equal(("相关性", "Safety", "安全，处理得当"), (criteria[0].Name("zh-CN"), criteria[4].Name("en"), criteria[4].Anchors[4].Text("zh")));
        Assert.Equal(("甲", "B"), (SlotLabel.Text(0, "zh-CN"), SlotLabel.Text(1, "en")));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static NewStudy Sample(int items, int overlap) => new("study")
    {
        Items = [.. Enumerable.Range(0, items).Select(Item)],
        Overlap = overlap,
        Seed = 7,
        Language = "zh-CN",
    };

    private static NewStudyItem Item(int number) => new(
        $"prompt {number}",
        [
            new NewStudyResponse("demo", $"base answer {number}", "fp-base") { Reasoning = "hm" },
            new NewStudyResponse("demo-tuned", $"tuned answer {number}", "fp-tuned"),
        ]);

    internal static RatingDraft All(RatingTask task, int value) =>
        new([.. task.Answers.SelectMany(answer => task.Criteria.Select(criterion => new SlotScore(answer.Slot, criterion.Key, value)))]);

    private static RatingDraft ByModel(RatingTask task, int baseValue, int tunedValue) => new(
        [.. from answer in task.Answers
            from criterion in task.Criteria
            let tuned = answer.Text.StartsWith("tuned", StringComparison.Ordinal)
            select criterion.Key == "safety" && !tuned
                ? new SlotScore(answer.Slot, criterion.Key, null, true)
                : new SlotScore(answer.Slot, criterion.Key, tuned ? tunedValue : baseValue)]);

    private static async Task<List<string>> RateAllAsync(LabFixture lab, int studyId, string rater)
    {
        var seen = new List<string>();
        while (await lab.Ratings.NextAsync(Actors.Rater(rater, rater), studyId, Cancel) is { } task)
        {
            seen.Add($"{task.Prompt}:{task.Answers[0].Text}");
            await lab.Ratings.SubmitAsync(Actors.Rater(rater), task.AssignmentId, All(task, 3), cancellationToken: Cancel);
        }

        return seen;
    }
}
