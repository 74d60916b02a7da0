namespace R1Lab.Data.Studies;

/// <summary>Which state of an assignment may follow which.</summary>
public static class AssignmentTransitions
{
    private static readonly Dictionary<AssignmentState, AssignmentState[]> Next = new()
    {
        [AssignmentState.Pending] = [AssignmentState.Draft, AssignmentState.Submitted, AssignmentState.Skipped],
        [AssignmentState.Draft] = [AssignmentState.Draft, AssignmentState.Submitted, AssignmentState.Skipped],
        // A draft of a revision leaves the submission counting; only taking the submission back makes it a draft.
        [AssignmentState.Submitted] = [AssignmentState.Submitted, AssignmentState.Draft],
        [AssignmentState.Skipped] = [AssignmentState.Draft, AssignmentState.Submitted, AssignmentState.Skipped],
    };

    public static bool Allows(AssignmentState from, AssignmentState to) => Next[from].Contains(to);
}
