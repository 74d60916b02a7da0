using System.Text;
using R1Lab.Engine.Generation;

namespace R1Lab.Web.Serving;

/// <summary>Collects one answer and times it.</summary>
internal sealed class GrowingReply(TimeProvider time)
{
    private readonly StringBuilder _thought = new();
    private readonly StringBuilder _answer = new();
    private readonly long _began = time.GetTimestamp();
    private long _firstToken;
    private long _shown;
    private int _tokens;
    private string _undecided = "";
    private TimeSpan _thoughtTook;

    public void Add(AnswerUpdate update, Action<ReplyPicture>? onPicture, TimeSpan every)
    {
        if (_tokens++ == 0) _firstToken = time.GetTimestamp();
        _thought.Append(update.Thought);
        _answer.Append(update.Answer);
        if (_answer.Length == 0 && update.Undecided.Length == 0) _thoughtTook = time.GetElapsedTime(_began);
        (_undecided, HasUnshown) = (update.Undecided, true);
        if (_shown == 0 || time.GetElapsedTime(_shown) >= every) Show(onPicture);
    }

    /// <summary>Text came after the last picture.</summary>
    public bool HasUnshown { get; private set; }

    public void Show(Action<ReplyPicture>? onPicture)
    {
        (_shown, HasUnshown) = (time.GetTimestamp(), false);
        if (onPicture is null) return;
        var answer = _answer + _undecided; // shown as the answer until a closing mark says otherwise
        onPicture(Picture(answer.Length > 0 ? ReplyState.Answering : ReplyState.Thinking, _thought.ToString(), answer, _tokens));
    }

    /// <summary>The whole answer.</summary>
    public ReplyPicture End(FinishedAnswer answer)
    {
        if (answer.Answer.Length == 0) _thoughtTook = time.GetElapsedTime(_began);
        return Picture(StateOf(answer.End.Finish), answer.Thought, answer.Answer, answer.End.Tokens ?? _tokens);
    }

    private static ReplyState StateOf(FinishReason finish) => finish switch
    {
        FinishReason.Length => ReplyState.Cut,
        FinishReason.Cancelled => ReplyState.Stopped,
        _ => ReplyState.Finished,
    };

    private ReplyPicture Picture(ReplyState state, string thought, string answer, int tokens)
    {
        var seconds = tokens > 1 && _tokens > 0 ? time.GetElapsedTime(_firstToken).TotalSeconds : 0;
        var rate = seconds > 0 ? (tokens - 1) / seconds : 0;
        return new ReplyPicture(state, thought.Trim(), answer.TrimStart(), tokens, rate, _thoughtTook.TotalSeconds);
    }
}
