namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Something went wrong while rendering; the statement that was running adds its line and makes it a <see cref="ChatTemplateException"/>.</summary>
internal sealed class JinjaException(string message) : Exception(message.Length <= LongestMessage ? message : $"{message[..LongestMessage]}…")
{
    // raise_exception takes any text of the template's.
    private const int LongestMessage = 2000;
}
