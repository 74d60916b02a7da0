using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Durability;

/// <summary>D1: the server dies while people rate; whatever it acknowledged must be there afterwards.</summary>
public sealed class RatingCrashTests
{
    private const int Raters = 4;
    private const int Items = 200;
    private const int KillAfter = 60;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_WhileFourRate_KeepsEveryAcknowledgedRating()
    {
        using var folder = new TemporaryFolder();
        var (study, keys) = await PrepareAsync(folder.Path);
        var acknowledged = new ConcurrentDictionary<(string Rater, string Prompt), int>();
        await using (var program = await StartedLab.StartAsync(folder.Path))
        {
            var rating = keys.Select(key => RateAsync(program.Client.BaseAddress!, study, key, acknowledged)).ToList();
            while (acknowledged.Count < KillAfter && !rating.TrueForAll(one => one.IsCompleted)) await Task.Delay(5, Cancel);
            await program.KillAsync();
            await Task.WhenAll(rating);
        }

        await using var again = await StartedLab.StartAsync(folder.Path);
        var rows = JsonNode.Parse(await again.Client.GetStringAsync($"/api/v1/studies/{study}/export?format=json", Cancel))!.AsArray();

        Assert.InRange(acknowledged.Count, KillAfter, Raters * Items - 1);
        var kept = rows.GroupBy(row => (row!["rater"]!.GetValue<string>(), row["prompt"]!.GetValue<string>()))
            .ToDictionary(group => group.Key, group => group.Select(row => row!["value"]!.GetValue<int>()).ToList());
        Assert.All(acknowledged, rating => Assert.Equal(Enumerable.Repeat(rating.Value, 2), kept[rating.Key]));
        Assert.All(kept.Values, values => Assert.Equal(2, values.Count));
    }

    /// <summary>A study of two answers and one criterion, and a key for each rater.</summary>
    private static async Task<(int Study, IReadOnlyList<(string Name, string Secret)> Keys)> PrepareAsync(string folder)
    {
        await using var services = new ServiceCollection().AddLabData(Path.Combine(folder, "r1lab.db")).BuildServiceProvider();
        await services.GetRequiredService<LabDatabase>().MigrateAsync();
        var study = await services.GetRequiredService<StudyStore>().CreateAsync(
            Actors.Lab, new NewStudy("crash")
            {
                Overlap = Raters,
                Criteria = [StandardCriteria.All()[0]],
                Items = [.. Enumerable.Range(0, Items).Select(item => new NewStudyItem($"prompt {item}", [new NewStudyResponse("a", "1", "x"), new NewStudyResponse("b", "2", "y")]))],
            },
            Cancel);
        var keys = new List<(string, string)>();
        for (var rater = 0; rater < Raters; rater++)
            keys.Add(($"rater-{rater}", (await services.GetRequiredService<AccessStore>().CreateKeyAsync(Actors.Lab, $"rater-{rater}", [ApiScopes.Rate], null, cancellationToken: Cancel)).Secret));
        return (study.Id, keys);
    }

    /// <summary>Rates until the server is gone, and notes what it acknowledged.</summary>
    private static async Task RateAsync(Uri address, int study, (string Name, string Secret) key, ConcurrentDictionary<(string Rater, string Prompt), int> acknowledged)
    {
        using var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Secret);
        try
        {
            while (true)
            {
                using var next = await client.PostAsJsonAsync($"/api/v1/studies/{study}/next", new { }, Cancel);
                if (JsonNode.Parse(await next.Content.ReadAsStringAsync(Cancel))!["assignment"] is not { } task) return;

                var value = 1 + (acknowledged.Count % 5);
                var criterion = task["criteria"]![0]!["key"]!.GetValue<string>();
                var scores = new[] { 0, 1 }.Select(slot => new { slot, criterion, value });
                using var receipt = await client.PostAsJsonAsync("/api/v1/ratings", new { assignment_id = task["assignment_id"]!.GetValue<int>(), scores }, Cancel);
                if (receipt.IsSuccessStatusCode) acknowledged[(key.Name, task["prompt"]!.GetValue<string>())] = value;
            }
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException)
        {
            // The kill this test is about.
        }
    }
}
