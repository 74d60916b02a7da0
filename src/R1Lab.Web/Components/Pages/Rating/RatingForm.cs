using R1Lab.Data.Studies;

namespace R1Lab.Web.Components.Pages.Rating;

/// <summary>What a rater has entered for one question, and where the keys go now.</summary>
public sealed class RatingForm
{
    private readonly Dictionary<(int Slot, string Criterion), SlotScore> _scores = [];
    private readonly int _slots;

    public RatingForm(RatingTask task)
    {
        (_slots, Criteria, Comment) = (task.Answers.Count, task.Criteria, task.Draft.Comment);
        foreach (var score in task.Draft.Scores) Set(score);
        if (task.Draft.Scores.Count > 0) GoToMissing();
    }

    private RatingForm() => Criteria = [];

    public static RatingForm Empty { get; } = new();

    public IReadOnlyList<Criterion> Criteria { get; }

    public string? Comment { get; set; }

    /// <summary>The answer the keys go to, and the one a phone shows.</summary>
    public int Slot { get; private set; }

    /// <summary>The criterion the keys go to.</summary>
    public int Index { get; private set; }

    /// <summary>Id of the current scale on the page.</summary>
    public string CurrentName => Name(Slot, Criteria[Index].Key);

    public static string Name(int slot, string criterion) => $"score-{slot}-{criterion}";

    public SlotScore? Score(int slot, string criterion) => _scores.GetValueOrDefault((slot, criterion));

    public bool IsCurrent(int slot, int index) => slot == Slot && index == Index;

    /// <summary>Whether an answer has all it needs.</summary>
    public bool IsWhole(int slot) => Criteria.All(criterion => !criterion.Required || Score(slot, criterion.Key) is not null);

    public void Set(SlotScore score) => _scores[(score.Slot, score.Criterion)] = score;

    /// <summary>Scores the current criterion; null is "cannot judge". False when that is not offered here.</summary>
    public bool SetCurrent(int? point)
    {
        var criterion = Criteria[Index];
        if (point is null && !criterion.AllowNotApplicable) return false;
        Set(new SlotScore(Slot, criterion.Key, point, point is null));
        return true;
    }

    public void Go(int slot, int index) => (Slot, Index) = (slot, index);

    /// <summary>One criterion on or back, over the answers' edges; stays at the ends.</summary>
    public void Move(int by)
    {
        var place = Math.Clamp((Slot * Criteria.Count) + Index + by, 0, (_slots * Criteria.Count) - 1);
        Go(place / Criteria.Count, place % Criteria.Count);
    }

    /// <summary>The same criterion of the answer beside.</summary>
    public void MoveAnswer(int by) => Slot = Math.Clamp(Slot + by, 0, _slots - 1);

    /// <summary>Goes to the first required score that is not there; null when all are.</summary>
    public (int Slot, Criterion Criterion)? GoToMissing()
    {
        if (RatingRules.Missing([.. _scores.Values], Criteria, _slots).FirstOrDefault() is not { } missing) return null;
        var index = Criteria.TakeWhile(criterion => criterion.Key != missing.Criterion).Count();
        Go(missing.Slot, index);
        return (missing.Slot, Criteria[index]);
    }

    public RatingDraft Draft() => new([.. _scores.Values.OrderBy(score => score.Slot)], string.IsNullOrWhiteSpace(Comment) ? null : Comment.Trim());
}
