using Microsoft.Extensions.Localization;
using R1Lab.Engine;

namespace R1Lab.Web.Components.Shared;

/// <summary>Names the texts of faults, one a code.</summary>
public sealed class FaultTexts;

/// <summary>Faults in the reader's language.</summary>
public static class FaultTranslation
{
    /// <summary>The sentence for the fault's code, with the words that its arguments stand for.</summary>
    public static string Show(this IStringLocalizer<FaultTexts> text, Fault fault) =>
        text[fault.Code, [.. fault.Arguments.Select(argument => argument is Enum word ? text[$"{word.GetType().Name}_{word}"].Value : argument)]].Value;
}
