using System.Text;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Running;

/// <summary>Collects the tokens of one answer. Used by the engine's thread alone until the answer has ended.</summary>
internal sealed class GrowingReply(bool startsInThought, TimeProvider time)
{
    private readonly ThinkingSplitter _splitter = new(startsInThought);
    private readonly StringBuilder _thought = new();
    private readonly StringBuilder _answer = new();
    private readonly long _began = time.GetTimestamp();
    private long _firstToken;
    private long _shown;
    private int _tokens;
    private int _characters;
    private TimeSpan _thoughtTook;

    public void Add(GenerationStep step, Action<ReplyPicture>? onPicture, TimeSpan every)
    {
        if (_tokens++ == 0) _firstToken = time.GetTimestamp();
        _characters += step.Text.Length;
        Take(_splitter.Push(step.Text));
        if (onPicture is null || (_shown != 0 && time.GetElapsedTime(_shown) < every)) return;
        _shown = time.GetTimestamp();
        onPicture(Picture(_answer.Length > 0 ? ReplyState.Answering : ReplyState.Thinking));
    }

    /// <summary>The whole answer: text that was held back until the end is added.</summary>
    public ReplyPicture End(GenerationResult result)
    {
        if (result.Text.Length > _characters) Take(_splitter.Push(result.Text[_characters..]));
        Take(_splitter.Flush());
        return Picture(result.Finish switch
        {
            FinishReason.Length => ReplyState.Cut,
            FinishReason.Cancelled => ReplyState.Stopped,
            _ => ReplyState.Finished,
        });
    }

    private void Take(ThinkingPiece piece)
    {
        _thought.Append(piece.Thought);
        _answer.Append(piece.Answer);
        if (_answer.Length == 0) _thoughtTook = time.GetElapsedTime(_began);
    }

    private ReplyPicture Picture(ReplyState state)
    {
        var seconds = _tokens > 1 ? time.GetElapsedTime(_firstToken).TotalSeconds : 0;
        return new ReplyPicture(state, _thought.ToString().Trim(), _answer.ToString().TrimStart(), _tokens, seconds > 0 ? (_tokens - 1) / seconds : 0, _thoughtTook.TotalSeconds);
    }
}
