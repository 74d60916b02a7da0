using R1Lab.Samples;
using R1Lab.Samples.Scoring;

namespace R1Lab.Engine.Tests.Samples;

public sealed class DemoModelTests
{
    [Fact]
    public void Folder_IsAtMostTwelveMegabytes()
    {
        var bytes = new DirectoryInfo(SampleFolders.Model).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

        Assert.InRange(bytes, 6_000_000, 12_000_000);
    }

    [Fact]
    public async Task Base_HeldOutProblems_AnswersInTheRightForm()
    {
        var score = await Scorer.ScoreAsync(SampleFolders.Model, rows: 24);

        Assert.InRange(score.RightFormPercent, 90, 100);
    }
}
