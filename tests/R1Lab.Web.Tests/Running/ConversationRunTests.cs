using System.Text;
using R1Lab.Data.Datasets;
using R1Lab.Web.Tests.Api;

namespace R1Lab.Web.Tests.Running;

/// <summary>Conversations of several turns from the file that is sent to the run that learns them.</summary>
public sealed class ConversationRunTests(LabHost lab) : IClassFixture<LabHost>
{
    private const string Rows =
        """{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"1+1?"},{"role":"assistant","content":"<think>\n1+1=2\n</think>\n\n2"},{"role":"user","content":"2+2?"},{"role":"assistant","content":"<think>\n2+2=4\n</think>\n\n4"}]}""" + "\n"
        + """{"messages":[{"role":"user","content":"3+3?"},{"role":"assistant","content":"<think>\n3+3=6\n</think>\n\n6"}]}""" + "\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("all_assistant_turns", 3)]
    [InlineData("last_turn", 2)]
    public async Task Run_Conversations_LearnsTheAnswersThatTheRecipeNames(string trainOn, int examples)
    {
        using var client = lab.ApiClient();
        var name = $"talk {trainOn}";
        var (_, made) = await client.SendAsync(HttpMethod.Post, $"/api/v1/datasets?name={name}", new StringContent(Rows, Encoding.UTF8, "application/jsonl"));
        Assert.Equal("messages", made["format"].Str());
        var recipe = TinyRuns.Recipe(("name", name), ("model", TinyRuns.ThinkingModel), ("dataset", name), ("train_on", trainOn), ("max_steps", 3), ("per_device_train_batch_size", examples), ("shuffle", false));

        var run = await TinyRuns.StartAsync(client, recipe);
        var ended = await TinyRuns.WaitForAsync(client, run, "finished", "failed");

        Assert.Equal("finished", ended["status"].Str());
        var stored = (await lab.Get<DatasetStore>().PageAsync(made["id"].Int(), 0, 9, cancellationToken: Cancel)).Rows.Select(row => row.Id);
        var learned = (await client.GetJsonAsync($"/api/v1/runs/{run}/rows")).Body["rows"]!.AsArray();
        Assert.Equal(stored.Order(), learned.Select(row => row!["row"].Int()).Order());
        Assert.Equal(["2+2?", "3+3?"], learned.Select(row => row!["text"].Str()).Order());
    }
}
