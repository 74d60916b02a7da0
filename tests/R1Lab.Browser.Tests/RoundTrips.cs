using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>What a page asks the lab, and whether the lab has answered.</summary>
internal sealed partial class RoundTrips
{
    private readonly ConcurrentDictionary<object, bool> _open = new();
    private volatile bool _heard;

    public RoundTrips(IPage page)
    {
        page.WebSocket += (_, socket) =>
        {
            socket.FrameSent += (_, frame) => Ask(Calls(frame, Question()));
            socket.FrameReceived += (_, frame) => Close(Calls(frame, Answer()));
        };
        page.Request += (_, request) => Ask(Requests(request));
        page.RequestFinished += (_, request) => Close(Requests(request));
        page.RequestFailed += (_, request) => Close(Requests(request));
    }

    /// <summary>Whether the lab was asked anything since <see cref="Begin"/>.</summary>
    public bool Heard => _heard;

    /// <summary>Only what is asked from now on counts: the call that opened a dialog is not answered before the dialog is closed.</summary>
    public void Begin()
    {
        _open.Clear();
        _heard = false;
    }

    public async Task AnsweredAsync(TimeSpan limit)
    {
        for (var begin = TimeProvider.System.GetTimestamp(); !_open.IsEmpty && TimeProvider.System.GetElapsedTime(begin) < limit;) await Task.Delay(20);
    }

    private void Ask(IEnumerable<object> questions)
    {
        foreach (var question in questions)
        {
            _open[question] = true;
            _heard = true;
        }
    }

    private void Close(IEnumerable<object> answers)
    {
        foreach (var answer in answers) _open.TryRemove(answer, out _);
    }

    private static IEnumerable<object> Requests(IRequest request) => request.ResourceType is "fetch" or "xhr" ? [request] : [];

    /// <summary>The numbers of the calls; a frame holds several messages, each with the call's number behind its name.</summary>
    private static IEnumerable<object> Calls(IWebSocketFrame frame, Regex call) =>
        frame.Binary is { } bytes ? call.Matches(System.Text.Encoding.Latin1.GetString(bytes)).Select(match => match.Groups["call"].Value) : [];

    [GeneratedRegex(@"BeginInvokeDotNetFromJS.[\xa0-\xbf](?<call>\d+)", RegexOptions.Singleline, 1000)]
    private static partial Regex Question();

    [GeneratedRegex(@"EndInvokeDotNet.[\xa0-\xbf](?<call>\d+)", RegexOptions.Singleline, 1000)]
    private static partial Regex Answer();
}
