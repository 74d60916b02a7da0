using R1Lab.Engine.Training.Objectives.Supervised;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>The objective behind each choice of a recipe.</summary>
internal static class KnownObjectives
{
    public static IObjective Of(TrainingObjective choice) => choice switch
    {
        TrainingObjective.Sft => new SupervisedObjective(),
        _ => throw new ArgumentOutOfRangeException(nameof(choice), choice, "There is no such objective."),
    };
}
