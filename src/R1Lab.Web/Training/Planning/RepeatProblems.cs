using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>What keeps a run from being repeated exactly: its rows, as the model reads them, are not what they were.</summary>
internal static class RepeatProblems
{
    public static IReadOnlyList<Problem> Of(Run run, RunPlan plan)
    {
        if (run.DatasetHash is not { } then)
            return [Refused("repeat_unknown_data", "dataset", $"Nobody recorded which rows run {run.Id} was trained on, because it has not begun.", run.Id)];
        if (plan.Dataset is null || plan.Check.Facts is null || RunIdentity.HashOf(plan.Rows) == then) return []; // what is missing, the plan itself says

        return plan.Dataset.Version == run.DatasetVersion
            ? [Refused("repeat_reads_differently", "model",
                $"The rows of dataset \"{plan.Dataset.Name}\" are the same, but the tokenizer or chat template of \"{run.ModelName}\" reads them differently now.", plan.Dataset.Name, run.ModelName)]
            : [Refused("repeat_data_changed", "dataset",
                $"Dataset \"{plan.Dataset.Name}\" changed since run {run.Id}: it was version {run.DatasetVersion} and is version {plan.Dataset.Version} now.",
                plan.Dataset.Name, run.Id, run.DatasetVersion ?? 0, plan.Dataset.Version)];
    }

    private static Problem Refused(string code, string field, string message, params IReadOnlyList<object> arguments) =>
        new(code, field, ProblemSeverity.Error, message, arguments);
}
