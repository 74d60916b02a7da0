using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Tests.Studies;

public sealed class StudyGeneratorTests : StudyTest
{
    private static readonly StudyPlan Plan = new() { Name = "Plan", Models = [BaseName, TunedName], Prompts = [.. Enumerable.Range(1, 10).Select(number => $"{number}?")] };
    private static readonly Actor Owner = Actors.User("wang");

    /// <summary>Waits until nothing is written any more.</summary>
    internal static async Task<StudyContents> WaitAsync(StudyGenerator generator, StudyStore studies, int id)
    {
        while (generator.Progress(id) is { IsRunning: true }) await Task.Delay(20, TestContext.Current.CancellationToken);
        return (await studies.GetAsync(id, TestContext.Current.CancellationToken))!;
    }

    [Fact]
    public async Task Start_WholePlan_StoresAnswerThoughtFingerprintAndSampling()
    {
        var study = await Get<StudyGenerator>().StartAsync(Owner, Plan, TestContext.Current.CancellationToken);

        var contents = await WaitAsync(Get<StudyGenerator>(), Get<StudyStore>(), study.Id);

        Assert.Equal(StudyStatus.Open, contents.Study.Status);
        Assert.Equal(Plan.Prompts, contents.Items.Select(item => item.Prompt));
        var response = contents.Items[9].Responses[1];
        Assert.Equal(($"{TunedName} says 10?", "thought", $"print-{TunedName}"), (response.Text, response.Reasoning, response.Fingerprint));
        Assert.Contains("\"temperature\":0,", response.SettingsJson, StringComparison.Ordinal);
        Assert.Equal((20, 20), (Get<StudyGenerator>().Progress(study.Id)!.Done, Get<QuickAnswerer>().Asked));
    }

    [Fact]
    public async Task Start_PromptFails_NamesItAndGoesOnLater()
    {
        Get<QuickAnswerer>().Broken = "9?";
        var study = await Get<StudyGenerator>().StartAsync(Owner, Plan, TestContext.Current.CancellationToken);
        var stopped = await WaitAsync(Get<StudyGenerator>(), Get<StudyStore>(), study.Id);
        var failure = Get<StudyGenerator>().Progress(study.Id)!.Failure;
        Get<QuickAnswerer>().Broken = null;

        var resumed = await Get<StudyGenerator>().ContinueAsync(Actors.Lab, study.Id, TestContext.Current.CancellationToken);

        var contents = await WaitAsync(Get<StudyGenerator>(), Get<StudyStore>(), study.Id);
        Assert.Equal($"{BaseName}, prompt 9: The tokenizer is missing.", failure);
        Assert.Equal((StudyStatus.Draft, 8), (stopped.Study.Status, stopped.Items.Count));
        Assert.True(resumed);
        Assert.Equal((StudyStatus.Open, 10), (contents.Study.Status, contents.Items.Count));
    }

    [Fact]
    public async Task Cancel_WhileAnswering_KeepsADraftThatRatersDoNotSee()
    {
        Get<QuickAnswerer>().Gate = new TaskCompletionSource().Task;
        var study = await Get<StudyGenerator>().StartAsync(Owner, Plan, TestContext.Current.CancellationToken);

        await Get<StudyGenerator>().CancelAsync(Actors.Lab, study.Id);

        Assert.Equal(StudyProgressState.Cancelled, Get<StudyGenerator>().Progress(study.Id)!.State);
        Assert.Empty(await Get<RatingStore>().StudiesAsync("li", TestContext.Current.CancellationToken));
    }
}
