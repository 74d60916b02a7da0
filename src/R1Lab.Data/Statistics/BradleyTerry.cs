namespace R1Lab.Data.Statistics;

/// <summary><paramref name="Winner"/> was preferred to <paramref name="Loser"/> <paramref name="Weight"/> times; a tie is half a win each way.</summary>
public sealed record Win(string Winner, string Loser, double Weight = 1);

/// <summary>
/// Scores centred at 1000, 400 points for odds of ten to one. <paramref name="Smoothed"/> says that somebody won or lost everything, so that
/// half a tie was added to each compared pair to keep the scores finite.
/// </summary>
public sealed record BradleyTerryRanking(IReadOnlyDictionary<string, double> Scores, bool Smoothed);

/// <summary>Ranking from pairwise preferences (Bradley and Terry 1952), fitted by minorise-maximise (Hunter 2004).</summary>
public static class BradleyTerry
{
    private const int MaxRounds = 20_000;

    /// <summary>Null when some players are not linked by any chain of comparisons: they cannot be compared.</summary>
    public static BradleyTerryRanking? Fit(IReadOnlyList<Win> wins)
    {
        string[] names = [.. wins.SelectMany(win => new[] { win.Winner, win.Loser }).Distinct().Order(StringComparer.Ordinal)];
        var counts = Count(wins, names);
        if (names.Length == 0 || !Reaches(names.Length, (from, to) => counts[from, to] + counts[to, from] > 0)) return null;
        // The likelihood has its maximum at finite scores only when everybody can be reached from everybody by wins.
        var smoothed = !Reaches(names.Length, (from, to) => counts[from, to] > 0) || !Reaches(names.Length, (from, to) => counts[to, from] > 0);
        if (smoothed) AddHalfTies(counts);
        var logStrengths = Fit(counts);
        return new BradleyTerryRanking(
            names.Zip(logStrengths).ToDictionary(pair => pair.First, pair => 1000 + (400 * pair.Second / Math.Log(10))), smoothed);
    }

    private static double[,] Count(IReadOnlyList<Win> wins, string[] names)
    {
        var counts = new double[names.Length, names.Length];
        foreach (var win in wins)
        {
            if (win.Winner == win.Loser) throw new ArgumentException($"\"{win.Winner}\" cannot be compared with itself.", nameof(wins));
            counts[Array.IndexOf(names, win.Winner), Array.IndexOf(names, win.Loser)] += win.Weight;
        }

        return counts;
    }

    private static bool Reaches(int players, Func<int, int, bool> linked)
    {
        var reached = new HashSet<int> { 0 };
        var open = new Stack<int>([0]);
        while (open.TryPop(out var from))
        {
            for (var to = 0; to < players; to++)
            {
                if (linked(from, to) && reached.Add(to)) open.Push(to);
            }
        }

        return reached.Count == players;
    }

    private static void AddHalfTies(double[,] counts)
    {
        for (var one = 0; one < counts.GetLength(0); one++)
        {
            for (var other = 0; other < one; other++)
            {
                if (counts[one, other] + counts[other, one] == 0) continue;
                counts[one, other] += 0.25;
                counts[other, one] += 0.25;
            }
        }
    }

    private static double[] Fit(double[,] counts)
    {
        var players = counts.GetLength(0);
        var strengths = Enumerable.Repeat(1.0, players).ToArray();
        for (var (round, change) = (0, 1.0); round < MaxRounds && change > 1e-13; round++)
        {
            double[] next = [.. Enumerable.Range(0, players).Select(player => Improve(counts, strengths, player))];
            var centre = Math.Exp(next.Average(strength => Math.Log(strength)));
            for (var player = 0; player < players; player++) next[player] /= centre;
            change = next.Zip(strengths, (after, before) => Math.Abs(after - before) / before).Max();
            strengths = next;
        }

        return Array.ConvertAll(strengths, Math.Log);
    }

    private static double Improve(double[,] counts, double[] strengths, int player)
    {
        var (wins, weight) = (0.0, 0.0);
        for (var other = 0; other < strengths.Length; other++)
        {
            wins += counts[player, other];
            weight += (counts[player, other] + counts[other, player]) / (strengths[player] + strengths[other]);
        }

        return wins / weight;
    }
}
