using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Times saves, so nothing else may run beside it.</summary>
[Collection(nameof(RatingLoadTests))]
[CollectionDefinition(nameof(RatingLoadTests), DisableParallelization = true)]
public sealed class RatingLoadTests
{
    [Fact]
    public async Task D3_ThirtyTwoRatersSaveFiftyTimesEach_NoErrorNoDouble()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(items: 50, overlap: 32), Cancel);
        var times = new System.Collections.Concurrent.ConcurrentBag<double>();

        await Task.WhenAll(Enumerable.Range(0, 32).Select(rater => Task.Run(() => RateAsync($"r{rater}"), Cancel)));

        await using var context = lab.Open();
        Assert.Equal(32 * 50, await context.Assignments.CountAsync(one => one.State == AssignmentState.Submitted, Cancel));
        Assert.Equal(32 * 50 * 10, await context.Scores.CountAsync(Cancel));
        Assert.Equal(32 * 50, await context.Assignments.Select(one => new { one.ItemId, one.RaterId }).Distinct().CountAsync(Cancel));
        var sorted = times.Order().ToList();
        var slowest = sorted[(int)(sorted.Count * 0.99)];
        TestContext.Current.TestOutputHelper!.WriteLine($"save: median {sorted[sorted.Count / 2]:F0} ms, p99 {slowest:F0} ms, max {sorted[^1]:F0} ms");
        Assert.True(slowest < Patience.For(TimeSpan.FromSeconds(1)).TotalMilliseconds, $"p99 {slowest:F0} ms");

        async Task RateAsync(string rater)
        {
            while (await lab.Ratings.NextAsync(Actors.Rater(rater, rater), study.Id, Cancel) is { } task)
            {
                var watch = Stopwatch.StartNew();
                await lab.Ratings.SubmitAsync(Actors.Rater(rater), task.AssignmentId, RatingStoreTests.All(task, 3), cancellationToken: Cancel);
                times.Add(watch.Elapsed.TotalMilliseconds);
            }
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
