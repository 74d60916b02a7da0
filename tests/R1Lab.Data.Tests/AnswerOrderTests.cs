using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>In what order raters see answers, and which answers they see once.</summary>
public sealed class AnswerOrderTests
{
    [Theory]
    [InlineData(2, 3)]
    [InlineData(2, 4)]
    [InlineData(3, 4)]
    [InlineData(4, 8)]
    public async Task NextAsync_RatersOfOneItem_SeeEachModelFirstEquallyOften(int models, int raters)
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await CreateAsync(lab, items: 6, models, raters);

        var orders = await OrdersAsync(lab, study, raters);

        foreach (var item in orders.GroupBy(one => one.Prompt))
        {
            var first = Enumerable.Range(0, models).Select(model => item.Count(one => one.Models[0] == model)).ToList();
            Assert.Equal(raters, first.Sum());
            Assert.InRange(first.Max() - first.Min(), 0, 1);
        }
    }

    [Fact]
    public async Task NextAsync_ManyItems_LeaveNoOrderThatHoldsForARaterOrAPosition()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await CreateAsync(lab, items: 60, models: 3, overlap: 2);

        var orders = await OrdersAsync(lab, study, raters: 2);

        // Six orders; a fair choice gives each rater each of them 10 times with a spread of 3.
        foreach (var rater in orders.GroupBy(one => one.Rater))
        {
            var each = rater.GroupBy(one => string.Join(',', one.Models)).Select(order => order.Count()).ToList();
            Assert.Equal(6, each.Count);
            Assert.All(each, count => Assert.InRange(count, 2, 21));
        }

        Assert.DoesNotContain(orders.GroupBy(one => one.Prompt), item => item.Select(one => one.Models[0]).Distinct().Count() == 1);
    }

    [Fact]
    public async Task NextAsync_SeedOfTheStudy_DecidesTheOrders()
    {
        var orders = new List<string>();
        foreach (var seed in new[] { 1, 2, 3 })
        {
            await using var lab = await LabFixture.CreateAsync(); // ids are the same in each
            var study = await CreateAsync(lab, items: 6, models: 3, overlap: 1, seed);
            orders.Add(string.Join(';', (await OrdersAsync(lab, study, raters: 1)).Select(one => string.Join(',', one.Models))));
        }

        Assert.Equal(3, orders.Distinct().Count());
    }

    [Fact]
    public async Task NextAsync_RaterSkipped_LeavesItsOrderToTheNext()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await CreateAsync(lab, items: 1, models: 2, overlap: 2);
        var skipped = (await lab.Ratings.NextAsync(Actors.Rater("gone", "R"), study, Cancel))!;
        var skip = new RatingEntry(new EntryStamp("tab", 1), [], EntryIntent.Skip, RatingDraft.Empty, SkipReason.Other);
        await lab.Ratings.EnterAsync(Actors.Rater("gone"), skipped.AssignmentId, skip, Cancel);

        var firsts = new List<string>();
        foreach (var rater in new[] { "r1", "r2" }) firsts.Add((await lab.Ratings.NextAsync(Actors.Rater(rater, "R"), study, Cancel))!.Answers[0].Text);

        Assert.Equal(2, firsts.Distinct().Count());
    }

    [Fact]
    public async Task SubmitAsync_AnswersThatReadTheSame_AreShownOnceAndScoredForBoth()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(
            Actors.Lab, new NewStudy("same")
            {
                Overlap = 1,
                Items = [new NewStudyItem("p", [new("a", "Yes.\r\nSure.", "1") { Reasoning = "x" }, new("b", "No.", "2"), new("c", " Yes.\nSure. ", "3") { Reasoning = "y" }])],
            },
            Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;
        var yes = task.Answers.Single(answer => answer.Text.StartsWith("Yes", StringComparison.Ordinal)).Slot;
        var draft = new RatingDraft([.. RatingStoreTests.All(task, 2).Scores.Select(score => score.Slot == yes ? score with { Value = 5 } : score)]);

        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, draft, Cancel);
        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, draft, Cancel);

        var rows = await lab.Studies.ExportAsync(study.Id, Cancel);
        var opened = await lab.Ratings.OpenAsync(task.AssignmentId, "r1", Cancel);
        Assert.Equal(2, task.Answers.Count);
        Assert.Equal(
            [("a", 5, 5), ("b", 2, 5), ("c", 5, 5)],
            rows.GroupBy(row => row.ModelName).OrderBy(model => model.Key).Select(model => (model.Key, model.Select(row => row.Value!.Value).Distinct().Single(), model.Count())));
        Assert.Equal(draft.Scores.Count, opened.Draft.Scores.Count);
        Assert.True(await lab.Ratings.UndoSubmitAsync(Actors.Rater("r1"), task.AssignmentId, Cancel));
    }

    [Fact]
    public async Task NextAsync_SameTextWithOtherReasoningShown_StaysTwoAnswers()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(
            Actors.Lab, new NewStudy("thoughts") { ShowReasoning = true, Items = [new NewStudyItem("p", [new("a", "Yes.", "1") { Reasoning = "x" }, new("b", "Yes.", "2") { Reasoning = "y" }])] },
            Cancel);

        Assert.Equal(2, (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!.Answers.Count);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<int> CreateAsync(LabFixture lab, int items, int models, int overlap, int seed = 11)
    {
        var study = await lab.Studies.CreateAsync(
            Actors.Lab, new NewStudy("order")
            {
                Seed = seed,
                Overlap = overlap,
                Criteria = [StandardCriteria.All()[0]],
                Items = [.. Enumerable.Range(0, items).Select(item => new NewStudyItem(
                    $"prompt {item}", [.. Enumerable.Range(0, models).Select(model => new NewStudyResponse($"m{model}", $"{item}/{model}", ""))]))],
            },
            Cancel);
        return study.Id;
    }

    private static async Task<List<ShownOrder>> OrdersAsync(LabFixture lab, int study, int raters)
    {
        var orders = new List<ShownOrder>();
        for (var rater = 0; rater < raters; rater++)
        {
            while (await lab.Ratings.NextAsync(Actors.Rater($"r{rater}", "R"), study, Cancel) is { } task)
            {
                orders.Add(new ShownOrder(rater, task.Prompt, [.. task.Answers.Select(answer => answer.Text[^1] - '0')]));
                await lab.Ratings.SubmitAsync(Actors.Rater($"r{rater}"), task.AssignmentId, RatingStoreTests.All(task, 3), Cancel);
            }
        }

        return orders;
    }

    private sealed record ShownOrder(int Rater, string Prompt, int[] Models);
}
