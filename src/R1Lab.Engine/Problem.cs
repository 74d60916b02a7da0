namespace R1Lab.Engine;

/// <summary>
/// How much a <see cref="Problem"/> matters: an error refuses the work, a confirmation refuses it until a person has said that this is meant,
/// a warning is shown, a note explains what was changed.
/// </summary>
public enum ProblemSeverity { Note, Warning, Confirmation, Error }

/// <summary>
/// Something wrong or worth saying about settings or input, in the user's words. Forms show it beside the field, the queue refuses errors.
/// </summary>
/// <param name="Code">Stable key for translation, for example <c>warmup_longer_than_run</c>.</param>
/// <param name="Field">The field's public name (Hugging Face spelling), for example <c>warmup_steps</c>.</param>
/// <param name="Severity">Error, confirmation, warning or note.</param>
/// <param name="Message">The English sentence with <paramref name="Arguments"/> already filled in.</param>
/// <param name="Arguments">The values named in the sentence, in order, for a translated format string.</param>
public sealed record Problem(string Code, string Field, ProblemSeverity Severity, string Message, params IReadOnlyList<object> Arguments)
{
    public bool IsError => Severity == ProblemSeverity.Error;

    /// <summary>Whether a person must say that this is meant.</summary>
    public bool NeedsConfirmation => Severity == ProblemSeverity.Confirmation;
}
