using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Runs;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Running;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Events of a run as sentences in the reader's language.</summary>
public static class RunEventText
{
    // A recorded event may carry fewer values than today's sentence asks for.
    private static readonly object[] Padding = ["", "", "", ""];

    /// <summary>The sentence of the kind; the recorded message where there is none.</summary>
    public static string Show(this IStringLocalizer<RunEvents> text, RunEvent happened, IStringLocalizer<ProblemTexts> problems)
    {
        var values = JsonSerializer.Deserialize<JsonElement[]>(happened.ArgumentsJson) ?? [];
        if (happened.Kind == RunConfirmations.EventKind && values is [_, _, { ValueKind: JsonValueKind.Array } arguments])
        {
            var code = problems[values[1].ToString(), [.. arguments.EnumerateArray().Select(one => Show(text, one)), .. Padding]];
            values = [values[0], JsonSerializer.SerializeToElement(code.ResourceNotFound ? happened.Message : code.Value)];
        }

        var known = text[$"Event_{happened.Kind}"];
        return known.ResourceNotFound ? happened.Message : string.Format(CultureInfo.CurrentCulture, known.Value, [.. values.Select(value => Show(text, value)), .. Padding]);
    }

    private static object Show(IStringLocalizer<RunEvents> text, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble() is var number && number == Math.Floor(number) && Math.Abs(number) < 1e15
            ? number.ToString("N0", CultureInfo.CurrentCulture)
            : number.ToString("0.####", CultureInfo.CurrentCulture),
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(one => Show(text, one))),
        _ => text[$"Word_{value}"] is { ResourceNotFound: false } word ? word.Value : value.ToString(),
    };
}
