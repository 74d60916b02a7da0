using Microsoft.Extensions.Localization;
using R1Lab.Engine;

namespace R1Lab.Web.Components.Shared;

/// <summary>Names the texts of problems, one a code.</summary>
public sealed class ProblemTexts;

/// <summary>Problems in the reader's language.</summary>
public static class ProblemTranslation
{
    /// <summary>The sentence for the problem's code; the English message where nobody has translated it yet.</summary>
    public static string Show(this IStringLocalizer<ProblemTexts> text, Problem problem)
    {
        var known = text[problem.Code, [.. problem.Arguments]];
        return known.ResourceNotFound ? problem.Message : known.Value;
    }
}
