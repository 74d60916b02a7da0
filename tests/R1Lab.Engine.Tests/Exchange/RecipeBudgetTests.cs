using R1Lab.Engine.Exchange;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Exchange;

/// <summary>Expansion of untrusted text: settings that stand for far more than they say cost a bounded amount of time and memory.</summary>
public sealed class RecipeBudgetTests
{
    [Theory]
    [MemberData(nameof(RecipeBombs.Names), MemberType = typeof(RecipeBombs))]
    public void Import_Bomb_StaysWithinTimeAndMemory(string bomb)
    {
        var text = RecipeBombs.Text(bomb);

        Measured.Of<BadInputException>(() => RecipeExchange.Import(text)).Within(TimeSpan.FromSeconds(4), 768L << 20);
    }

    [Fact]
    public void Import_NamesOfListsOfNames_AreRefusedWithTheNumberOfValues() =>
        Assert.Contains("more than 250000 values", Assert.Throws<BadInputException>(() => RecipeExchange.Import(RecipeBombs.Text("names of lists of names"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Import_TextNamedAThousandTimes_IsRefusedWithTheNumberOfCharacters() =>
        Assert.Contains("characters", Assert.Throws<BadInputException>(() => RecipeExchange.Import(RecipeBombs.Text("one long text named a thousand times"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Import_AdjacentLiterals_AreOneText()
    {
        var imported = RecipeExchange.Import("TrainingArguments(run_name='a' 'b'\n  \"c\")");

        Assert.Equal("abc", imported.Recipe.Name);
    }

    [Fact]
    public void Import_NamesNestedBeyondWhatSettingsNeed_AreComputedValuesNotLiterals()
    {
        var chain = "a0 = [1]\n" + string.Concat(Enumerable.Range(1, 40).Select(at => $"a{at} = [a{at - 1}]\n"));

        var imported = RecipeExchange.Import($"{chain}TrainingArguments(report_to=a40, seed=7)");

        Assert.Equal((7L, "a40"), (imported.Recipe.Seed, imported.Values.Single(value => value.Name == "report_to").Value));
    }

    [Fact]
    public void Import_CancelledRequest_Ends()
    {
        using var request = new CancellationTokenSource();
        request.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => RecipeExchange.ImportWhile("TrainingArguments(seed=1)", request.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => RecipeExchange.ImportWhile("stage: sft\nseed: 1", request.Token));
    }

    [Fact]
    public void Import_ClockBeyondTheLimit_IsRefused()
    {
        var budget = new ImportBudget(new JumpingClock(), TestContext.Current.CancellationToken);

        Assert.Contains("takes longer than 3 seconds", Assert.Throws<BadInputException>(() => RecipeExchange.Import("TrainingArguments(seed=1)", budget)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_OneFieldSaidThreeTimes_KeepsTheLastAndCallsAllEarlierOverridden()
    {
        var imported = RecipeExchange.Import("args = TrainingArguments(seed=1)\nargs.seed = 1\nargs.seed = 2");

        var seeds = imported.Values.Where(value => value.Name == "seed").ToList();
        Assert.Equal((2L, 1), (imported.Recipe.Seed, seeds.Count(value => value.Kind == Carriage.Carried)));
        Assert.Equal(2, seeds.Count(value => value.Reason?.Code == "exchange_overridden"));
    }

    private sealed class JumpingClock : TimeProvider
    {
        private long _ticks;

        public override long GetTimestamp() => _ticks += TimeSpan.FromSeconds(2).Ticks * TimestampFrequency / TimeSpan.TicksPerSecond;
    }
}
