using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Localization;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Events of a run as sentences in the reader's language.</summary>
public static class RunEventText
{
    // A recorded event may carry fewer values than today's sentence asks for.
    private static readonly object[] Padding = ["", "", "", ""];

    // How many of a kind's first values are amounts of bytes: nobody reads nine digits.
    private static readonly Dictionary<string, int> Amounts = new()
    {
        [TrainingEventKinds.MemoryProbed] = 1,
        ["disk_full"] = 2,
        [RunFailure.MemoryRefusedKind] = 2,
    };

    // These end with a problem's code and its values.
    private static readonly string[] WithProblem = [RunConfirmations.EventKind, RunFailure.PlanRefusedKind];

    /// <summary>The sentence of the kind; the recorded message where there is none.</summary>
    public static string Show(this IStringLocalizer<RunEvents> text, RunEvent happened, IStringLocalizer<ProblemTexts> problems)
    {
        var values = JsonSerializer.Deserialize<JsonElement[]>(happened.ArgumentsJson) ?? [];
        if (WithProblem.Contains(happened.Kind) && values is [.. var before, var code, { ValueKind: JsonValueKind.Array } arguments])
        {
            var problem = problems[code.ToString(), [.. arguments.EnumerateArray().Select(one => Show(text, one)), .. Padding]];
            values = [.. before, JsonSerializer.SerializeToElement(problem.ResourceNotFound ? happened.Message : problem.Value)];
        }

        var known = text[$"Event_{happened.Kind}"];
        var says = !known.ResourceNotFound && (values.Length > 0 || !known.Value.Contains("{0}", StringComparison.Ordinal));
        return !says ? happened.Message : string.Format(CultureInfo.CurrentCulture, known.Value, [.. values.Select((value, place) => Show(text, happened.Kind, value, place)), .. Padding]);
    }

    private static object Show(IStringLocalizer<RunEvents> text, string kind, JsonElement value, int place) =>
        place < Amounts.GetValueOrDefault(kind) && value.TryGetInt64(out var bytes) ? ByteSize.Show(bytes) : Show(text, value);

    private static object Show(IStringLocalizer<RunEvents> text, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble() is var number && number == Math.Floor(number) && Math.Abs(number) < 1e15
            ? number.ToString("N0", CultureInfo.CurrentCulture)
            : number.ToString("0.####", CultureInfo.CurrentCulture),
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(one => Show(text, one))),
        _ => text[$"Word_{value}"] is { ResourceNotFound: false } word ? word.Value : value.ToString(),
    };
}
