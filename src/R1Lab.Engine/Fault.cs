using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace R1Lab.Engine;

/// <summary>Why an input cannot be used, as a code with arguments: the sentence is made where it is read, in the reader's language.</summary>
/// <param name="Code">Stable key for translation, for example <c>row_field_missing</c>.</param>
/// <param name="Message">The English sentence with <paramref name="Arguments"/> filled in.</param>
/// <param name="Arguments">The values named in the sentence, in order; a member of an enum stands for a word that has a translation of its own, an exception for its own reason.</param>
public sealed record Fault(string Code, string Message, IReadOnlyList<object> Arguments)
{
    /// <param name="code">The key for translation.</param>
    /// <param name="message">The English sentence; its holes are the arguments.</param>
    public static Fault Of(string code, FormattableString message)
    {
        var arguments = message.GetArguments().Select(argument => argument ?? "").ToArray();
        return new Fault(code, string.Format(CultureInfo.InvariantCulture, message.Format, Array.ConvertAll(arguments, InEnglish)), arguments);
    }

    private static object InEnglish(object argument) => argument switch
    {
        Enum value => value.GetType().GetField(value.ToString())?.GetCustomAttribute<DescriptionAttribute>()?.Description ?? value.ToString(),
        Exception cause => cause.Message,
        _ => argument,
    };
}
