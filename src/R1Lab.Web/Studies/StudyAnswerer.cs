using R1Lab.Engine.Tokenization;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Studies;

/// <summary>One model's answer for a study, its thought apart.</summary>
public sealed record StudyAnswer(string Text, string Thought, string Fingerprint, int Tokens, bool WasCut);

/// <summary>Asks a model one question. Tests bring their own.</summary>
public interface IStudyAnswerer
{
    /// <exception cref="ModelBusyException">There is no room in memory just now.</exception>
    Task<StudyAnswer> AnswerAsync(string model, string prompt, ReplySettings settings, CancellationToken cancellation);
}

/// <summary>Answers as the chat does, so that a study rates what people get.</summary>
public sealed class StudyAnswerer(Reply reply) : IStudyAnswerer
{
    public async Task<StudyAnswer> AnswerAsync(string model, string prompt, ReplySettings settings, CancellationToken cancellation)
    {
        var finished = await reply.RunAsync(model, [new ChatMessage("user", prompt)], settings, null, cancellation);
        cancellation.ThrowIfCancellationRequested();
        var picture = finished.Picture;
        return new StudyAnswer(picture.Answer.Trim(), picture.Thought, finished.Facts.Fingerprint ?? "", picture.Tokens, picture.State == ReplyState.Cut);
    }
}
