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
        var word = new RunEvent { Kind = RunConfirmations.EventKind, Message = "admin confirmed: ...", ArgumentsJson = """["admin","most_rows_without_thought",[133,200]]""" };

        var events = Render<RunEvents>(list => list.Add(one => one.Events, [word]));

        Assert.Equal("admin 在开始前确认：200 行中有 133 行没有思考过程。模型将在空思考之后学习答案，可能因此变得不愿思考。", events.Find(".run-event-text").TextContent);
    }

    [Fact]
    public void Events_ConfirmedProblemNobodyTranslated_KeepsTheRecordedSentence()
    {
        var word = new RunEvent { Kind = RunConfirmations.EventKind, Message = "admin confirmed: something old.", ArgumentsJson = """["admin","long_gone",[]]""" };

        var events = Render<RunEvents>(list => list.Add(one => one.Events, [word]));

        Assert.Contains("something old.", events.Find(".run-event-text").TextContent, StringComparison.Ordinal);
    }
}
