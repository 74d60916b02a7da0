using System.Text;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Running;

/// <summary>Collects the tokens of one answer. Used by the engine's thread alone until the answer has ended.</summary>
internal sealed class GrowingReply(ThoughtMarks marks, ThoughtState start, TimeProvider time)
{
    private readonly ThinkingSplitter _splitter = new(marks, start);
    private readonly StringBuilder _thought = new();
    private readonly StringBuilder _answer = new();
    private readonly long _began = time.GetTimestamp();
    private long _firstToken;
    private long _shown;
    private int _tokens;
    private TimeSpan _thoughtTook;

    public void Add(GenerationStep step, Action<ReplyPicture>? onPicture, TimeSpan every)
    {
        if (_tokens++ == 0) _firstToken = time.GetTimestamp();
        var piece = _splitter.Push(step.Text, step.Marks);
        _thought.Append(piece.Thought);
        _answer.Append(piece.Answer);
        TimeThought();
        if (onPicture is null || (_shown != 0 && time.GetElapsedTime(_shown) < every)) return;
        _shown = time.GetTimestamp();
        var answer = _answer + _splitter.Undecided; // shown as the answer until a closing mark says otherwise
        onPicture(Picture(answer.Length > 0 ? ReplyState.Answering : ReplyState.Thinking, _thought.ToString(), answer));
    }

    /// <summary>The whole answer, split again: no text is held back or undecided any more.</summary>
    public ReplyPicture End(GenerationResult result)
    {
        var whole = ThinkingSplitter.Split(result.Text, result.Marks, marks, start);
        TimeThought();
        return Picture(StateOf(result.Finish), whole.Thought, whole.Answer);
    }

    private void TimeThought()
    {
        if (_answer.Length == 0 && _splitter.Undecided.Length == 0) _thoughtTook = time.GetElapsedTime(_began);
    }

    private static ReplyState StateOf(FinishReason finish) => finish switch
    {
        FinishReason.Length => ReplyState.Cut,
        FinishReason.Cancelled => ReplyState.Stopped,
        _ => ReplyState.Finished,
    };

    private ReplyPicture Picture(ReplyState state, string thought, string answer)
    {
        var seconds = _tokens > 1 ? time.GetElapsedTime(_firstToken).TotalSeconds : 0;
        var rate = seconds > 0 ? (_tokens - 1) / seconds : 0;
        return new ReplyPicture(state, thought.Trim(), answer.TrimStart(), _tokens, rate, _thoughtTook.TotalSeconds);
    }
}
