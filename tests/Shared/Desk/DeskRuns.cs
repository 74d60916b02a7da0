namespace R1Lab.Tests.Shared.Desk;

/// <summary>How many fields were typed and which of them are not what the database counts.</summary>
internal sealed record DeskTally(int Sessions, int Items, int Fields, IReadOnlyList<string> Differences)
{
    public static DeskTally Of(int sessions, IReadOnlyCollection<RatedForm> typed, IReadOnlyDictionary<string, RatedForm> stored) => new(
        sessions, typed.Count, typed.Sum(form => form.Fields), [.. typed.SelectMany(form => form.Differences(stored.GetValueOrDefault(form.Prompt)))]);

    public DeskTally With(DeskTally other) =>
        new(Sessions + other.Sessions, Items + other.Items, Fields + other.Fields, [.. Differences, .. other.Differences]);
}

/// <summary>What is tried at the desk: sessions with an outage each, and fast typing over a slow network.</summary>
internal static class DeskRuns
{
    /// <summary>One rater's sessions, each on a fresh page with one outage while typing.</summary>
    public static async Task<DeskTally> OutagesAsync(DeskLab lab, string rater, int sessions, int itemsEach, TimeSpan longest, int seed)
    {
        var random = new Random(seed);
        var typed = new List<RatedForm>();
        for (var session = 0; session < sessions; session++)
        {
            await using var proxy = new FaultyProxy(lab.Server.Address.Port) { RoundTrip = TimeSpan.FromMilliseconds(random.Next(0, 60)) };
            var (desk, context) = await lab.SeatAsync(rater, proxy.Address, random);
            await using (context)
            {
                if (await desk.OpenAsync()) await RateThroughOutageAsync(desk, proxy, itemsEach, longest, random);
                typed.AddRange(desk.Typed);
            }
        }

        return DeskTally.Of(sessions, typed, lab.Records.Submitted(rater));
    }

    /// <summary>One cell: <paramref name="items"/> questions scored with this gap between keys over this round trip.</summary>
    public static async Task<DeskTally> TypeAsync(DeskLab lab, string rater, TimeSpan roundTrip, int keyGap, int items, int seed)
    {
        var random = new Random(seed);
        await using var proxy = new FaultyProxy(lab.Server.Address.Port) { RoundTrip = roundTrip };
        var (desk, context) = await lab.SeatAsync(rater, proxy.Address, random);
        await using (context)
        {
            var more = await desk.OpenAsync();
            for (var item = 0; item < items && more; item++) more = await desk.RateAsync(keyGap, withComment: false);
        }

        return DeskTally.Of(1, desk.Typed, lab.Records.Submitted(rater));
    }

    private static async Task RateThroughOutageAsync(DeskRater desk, FaultyProxy proxy, int items, TimeSpan longest, Random random)
    {
        var broken = random.Next(items);
        var outage = TimeSpan.FromSeconds(1 + (random.NextDouble() * (longest.TotalSeconds - 1)));
        var fault = (NetworkFault)random.Next(1, 4);
        var ended = Task.CompletedTask;
        var more = true;
        for (var item = 0; item < items && more; item++)
        {
            more = await desk.RateAsync(random.Next(0, 80), item == broken ? () => ended = BreakAsync(proxy, fault, outage) : null);
        }

        await ended;
    }

    private static async Task BreakAsync(FaultyProxy proxy, NetworkFault fault, TimeSpan outage)
    {
        proxy.Begin(fault);
        await Task.Delay(outage);
        proxy.End();
    }
}
