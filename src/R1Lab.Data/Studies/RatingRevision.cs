namespace R1Lab.Data.Studies;

/// <summary>One submission of an assignment as it was given. Rows are added and never changed, except that one can be taken back.</summary>
public sealed class RatingRevision
{
    public int Id { get; set; }

    public int AssignmentId { get; set; }

    /// <summary>1 is the first submission of the assignment.</summary>
    public int Number { get; set; }

    /// <summary>With <see cref="Sequence"/> the stamp it was sent with: sent twice, it is one revision.</summary>
    public required string Client { get; set; }

    public long Sequence { get; set; }

    /// <summary>The <see cref="RatingDraft"/> that was submitted.</summary>
    public required string FormJson { get; set; }

    public DateTimeOffset SubmittedAt { get; set; }

    public DateTimeOffset? WithdrawnAt { get; set; }
}
