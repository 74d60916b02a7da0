using Microsoft.Extensions.AI;
using R1Lab.Tests.Shared;
using R1Lab.Web.Serving;
using R1Lab.Web.Studies;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>Thought and answer of models whose tokens are known: whole, streamed, in the chat and in a study alike.</summary>
public sealed class ThoughtSplitTests(LabHost lab) : IClassFixture<LabHost>
{
    private const string Path = "/v1/chat/completions";

    /// <summary>Tokens between bars; the marks of a thought are tokens of their own.</summary>
    public static TheoryData<string, bool, string, string, string> Outputs => new()
    {
        { "<think>|\nidea|\n|</think>|\n\n|answer", false, "A:", "idea", "answer" },
        { "<think>|idea|</think>|answer", true, "A:", "idea", "answer" },
        { "idea|</think>|answer", true, "A:<think>\n", "idea", "answer" },
        { "idea| one|</think>|\nanswer", false, "A:", "idea one", "answer" },
        { "idea| one|</think>|\nanswer", true, "A:", "idea one", "answer" },
        { "idea|</think>|\nanswer", false, "A:<think>\n", "idea", "answer" },
        { "Write| `|<think>|` and `|</think>|`.", false, "A:", "", "Write `<think>` and `</think>`." },
        { "Write| `|<|think|>|` and `|</|thi|nk>|`.", false, "A:", "", "Write `<think>` and `</think>`." },
        { "close| with `|</think>|`.", false, "A:", "", "close with `</think>`." },
        { "idea|</think>|use|<think>| now", false, "A:<think>\n", "idea", "use<think> now" },
        { "answer", false, "A:<think>\n\n</think>\n\n", "", "answer" },
        { "just| an| answer", false, "A:", "", "just an answer" },
    };

    [Theory, MemberData(nameof(Outputs))]
    public async Task Answer_OfAnyKind_IsSplitAlikeEverywhere(string pieces, bool special, string generationPrompt, string thought, string answer)
    {
        using var model = new ThinkingModel(pieces.Split('|'), special, generationPrompt);
        var name = System.IO.Path.GetFileName(model.Folder);
        await lab.Get<ModelLibrary>().RegisterAsync(Actors.Lab, model.Folder, name, null, TestContext.Current.CancellationToken);
        using var client = lab.ApiClient();
        var request = new Dictionary<string, object> { ["model"] = name, ["messages"] = new[] { new { role = "user", content = "?" } }, ["temperature"] = 0, ["max_tokens"] = 40 };

        var whole = (await client.AskAsync(Path, request))["choices"]![0]!["message"]!;
        var chunks = await client.ChunksAsync(Path, new Dictionary<string, object>(request) { ["stream"] = true });
        var reply = await lab.Get<Reply>().RunAsync(name, [new("user", "?")], new ReplySettings { Temperature = 0 }, null, TestContext.Current.CancellationToken);
        var study = await new StudyAnswerer(lab.Get<Reply>()).AnswerAsync(name, "?", new ReplySettings { Temperature = 0 }, TestContext.Current.CancellationToken);
        var asked = await lab.Get<IChatClient>().GetResponseAsync("?", new ChatOptions { ModelId = name, Temperature = 0, MaxOutputTokens = 40 }, TestContext.Current.CancellationToken);

        Assert.Equal((thought, answer), (string.Concat(asked.Messages[0].Contents.OfType<TextReasoningContent>().Select(content => content.Text)), asked.Text));
        Assert.Equal((thought, answer), (whole["reasoning_content"]?.GetValue<string>() ?? "", whole["content"].Str()));
        Assert.Equal((thought, answer), (Streamed("reasoning_content"), Streamed("content")));
        Assert.Equal((thought, answer), (reply.Picture.Thought, reply.Picture.Answer));
        Assert.Equal((thought, answer), (study.Thought, study.Text));

        string Streamed(string field) => string.Concat(chunks.SelectMany(chunk => chunk["choices"]!.AsArray()).Select(choice => choice!["delta"]![field]?.GetValue<string>()));
    }

    [Theory]
    [InlineData("say <think>", "", "it</think> now")]
    [InlineData("<think>so", "it", "now")]
    public async Task Answer_ContinuedMessage_GoesOnWhereItWas(string content, string thought, string answer)
    {
        using var model = new ThinkingModel(["it", "</think>", " now"]);
        var name = System.IO.Path.GetFileName(model.Folder);
        await lab.Get<ModelLibrary>().RegisterAsync(Actors.Lab, model.Folder, name, null, TestContext.Current.CancellationToken);
        using var client = lab.ApiClient();
        object[] messages = [new { role = "user", content = "?" }, new { role = "assistant", content }];

        var message = (await client.AskAsync(Path, new { model = name, messages, temperature = 0, continue_final_message = true, add_generation_prompt = false }))["choices"]![0]!["message"]!;

        Assert.Equal((thought, answer.TrimStart()), (message["reasoning_content"]?.GetValue<string>() ?? "", message["content"].Str().TrimStart()));
    }
}
