using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Localization;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

public sealed class RunEventsTests() : PageTest(Languages.Chinese)
{
    [Fact]
    public void Events_ConfirmedProblem_StandsInTheReadersLanguageWithWhoAndWhat()
    {
        var word = new RunEvent { Kind = RunConfirmations.EventKind, Message = "admin confirmed: ...", ArgumentsJson = """["admin","prompt_learned",[133,200]]""" };

        var events = Render<RunEvents>(list => list.Add(one => one.Events, [word]));

        Assert.Equal("admin 在开始前确认：200 行中有 133 行的回答里含有提示词或其他轮次的标记：模型会学着自己写提示词。", events.Find(".run-event-text").TextContent);
    }

    [Fact]
    public void Events_ConfirmedProblemNobodyTranslated_KeepsTheRecordedSentence()
    {
        var word = new RunEvent { Kind = RunConfirmations.EventKind, Message = "admin confirmed: something old.", ArgumentsJson = """["admin","long_gone",[]]""" };

        var events = Render<RunEvents>(list => list.Add(one => one.Events, [word]));

        Assert.Contains("something old.", events.Find(".run-event-text").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("memory_probed", "[530804736,848,8]", "已试跑最大的一批（8 行，含填充 848 个词元），内存峰值 506 MiB。")]
    [InlineData("memory_refused", "[16060522496,1073741824]", "内存不足：约需 15.0 GiB，可用 1.0 GiB。")]
    [InlineData("plan_refused", """["model_unknown",["r1"]]""", "运行未能启动：没有名为“r1”的模型，也没有该文件夹。")]
    [InlineData("disk_full", """[16060522496,1073741824,"/data/runs/7"]""", "磁盘已满：/data/runs/7 所在的磁盘需要 15.0 GiB，只剩 1.0 GiB。训练已暂停；腾出空间后可以继续。")]
    public void Events_WithValues_ShowThemInTheReadersLanguage(string kind, string arguments, string expected)
    {
        var happened = new RunEvent { Kind = kind, Message = "", ArgumentsJson = arguments };

        var events = Render<RunEvents>(list => list.Add(one => one.Events, [happened]));

        Assert.Equal(expected, events.Find(".run-event-text").TextContent);
    }

    [Fact]
    public void Events_DivergenceToldByTrainerAndRun_StandsOnce()
    {
        var failure = RunFailure.Of(new TrainingDivergedException(2, "loss", [78, 33], "model.layers.0"), "");
        var arguments = System.Text.Json.JsonSerializer.Serialize(failure.Arguments);
        var told = new RunEvent { Kind = "diverged", Step = 2, Message = "", ArgumentsJson = """[2,"loss","78, 33","model.layers.0"]""" };

        var events = Render<RunEvents>(list => list.Add(one => one.Events, [told, new RunEvent { Kind = failure.Kind, Step = failure.Step!.Value, Message = failure.Message, ArgumentsJson = arguments }]));

        Assert.Equal("第 2 步的损失不是有限数（行 78, 33，最先出现在 model.layers.0），已在更新参数前停止。", Assert.Single(events.FindAll(".run-event-text")).TextContent);
    }

    [Fact]
    public void Events_RecordedWithoutTheValuesOfItsSentence_KeepsTheRecordedSentence()
    {
        var bare = new RunEvent { Kind = "diverged", Message = "R1L-TRAIN-01: The loss of step 2 is not finite.", ArgumentsJson = "[]" };

        var events = Render<RunEvents>(list => list.Add(one => one.Events, [bare]));

        Assert.Equal(bare.Message, events.Find(".run-event-text").TextContent);
    }
}
