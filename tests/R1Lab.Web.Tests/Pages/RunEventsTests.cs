using R1Lab.Data.Runs;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Localization;
using R1Lab.Web.Running;

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
}
