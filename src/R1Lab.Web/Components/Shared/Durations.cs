using Microsoft.Extensions.Localization;

namespace R1Lab.Web.Components.Shared;

/// <summary>Names the texts of durations.</summary>
public sealed class Durations;

/// <summary>Lengths of time as people say them, with two units at most.</summary>
public static class DurationText
{
    public static string Show(this IStringLocalizer<Durations> text, TimeSpan duration) => duration switch
    {
        { TotalDays: >= 1 } => text["Days", (int)duration.TotalDays, duration.Hours],
        { TotalHours: >= 1 } => text["Hours", (int)duration.TotalHours, duration.Minutes],
        { TotalMinutes: >= 1 } => text["Minutes", duration.Minutes, duration.Seconds],
        _ => text["Seconds", Math.Max(0, (int)Math.Ceiling(duration.TotalSeconds))],
    };
}
