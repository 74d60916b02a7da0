using Microsoft.Extensions.Localization;
using R1Lab.Engine;

namespace R1Lab.Web.Components.Shared;

/// <summary>Faults in the reader's language.</summary>
public static class FaultTranslation
{
    /// <summary>The sentence for the fault's code, with the words that its arguments stand for.</summary>
    public static string Show(this IStringLocalizer<FailureTexts> text, Fault fault) =>
        text[fault.Code, [.. fault.Arguments.Select(argument => text.Show(argument))]].Value;

    /// <summary>Source, place and reason of an input; the reason in English where it has no code yet.</summary>
    public static string Show(this IStringLocalizer<FailureTexts> text, BadInputException bad) => bad.Fault is { } fault
        ? string.Join(": ", new[] { bad.Input, bad.Place, text.Show(fault) }.OfType<string>())
        : bad.Message;

    private static object Show(this IStringLocalizer<FailureTexts> text, object argument) => argument switch
    {
        Enum word => text[$"{word.GetType().Name}_{word}"].Value,
        Exception cause => text.Show(cause),
        _ => argument,
    };
}
