using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>How a checkpoint behaves over all probe prompts.</summary>
/// <param name="Thinks">Answers that begin with a thought that is not empty.</param>
/// <param name="ThoughtTokens">Mean length of those thoughts; 0 without any.</param>
/// <param name="Answers">Those with something behind the thought.</param>
/// <param name="Stops">Those that ended by themselves.</param>
public sealed record ThinkingGauge(int Step, int Prompts, int Thinks, double ThoughtTokens, int Answers, int Stops)
{
    /// <summary>One a step, in order.</summary>
    public static IReadOnlyList<ThinkingGauge> Of(IEnumerable<RunProbe> probes) =>
        [.. probes.GroupBy(probe => probe.Step).OrderBy(step => step.Key).Select(step => At(step.Key, [.. step]))];

    private static ThinkingGauge At(int step, List<RunProbe> probes)
    {
        var thoughts = probes.Where(HasThought).ToList();
        return new(
            step, probes.Count, thoughts.Count, thoughts.Count == 0 ? 0 : thoughts.Average(probe => probe.ThoughtTokens),
            probes.Count(HasAnswer), probes.Count(probe => probe.Stopped));
    }

    /// <summary>An empty thought, as templates put before an answer, is no thinking.</summary>
    public static bool HasThought(RunProbe probe) => !string.IsNullOrWhiteSpace(probe.Thought);

    private static bool HasAnswer(RunProbe probe) => !string.IsNullOrWhiteSpace(probe.Answer);
}
