namespace R1Lab.Data.Runs;

/// <summary>What became of one row over the passes of a run.</summary>
public enum RowVerdict
{
    /// <summary>Seen in one pass only: nothing can be said about learning.</summary>
    SeenOnce,

    /// <summary>Hardly better than at first, and worse than half of the rows.</summary>
    NeverLearned,

    /// <summary>Known by heart, although text of the same kind that was held out is not.</summary>
    Memorised,

    /// <summary>The base knew it by heart already.</summary>
    KnownBefore,

    /// <summary>The base knew it by heart, and no longer does.</summary>
    Forgotten,

    /// <summary>The loss fell clearly.</summary>
    Learned,

    /// <summary>The loss rose clearly.</summary>
    Worsened,

    /// <summary>None of the others: the loss is about what it was.</summary>
    LittleChanged,
}

/// <summary>The rules behind <see cref="RowVerdict"/>. Losses are mean cross entropies per learned token, in nats.</summary>
public static class RowVerdicts
{
    /// <summary>e^-0.05 = 0.951: on average the model gives the right token more than 95 %.</summary>
    public const double ByHeart = 0.05;

    /// <summary>A row that kept nine tenths of its first loss has learned nothing that the noise of one step could not explain.</summary>
    public const double Unmoved = 0.9;

    /// <summary>
    /// Half of the loss on held-out rows. Skill carries over to rows never seen, so that both losses fall together (a model that can add
    /// knows every sum); what falls on trained rows alone is memory.
    /// </summary>
    public const double HeldOutShare = 0.5;

    /// <summary>A row is forgotten when its loss is so many times what counts as known by heart.</summary>
    public const double Lost = 2;

    /// <param name="first">In the first pass that saw the row.</param>
    /// <param name="last">In the last one.</param>
    /// <param name="passes">How many saw it.</param>
    /// <param name="median">Of the last losses of all rows of the run.</param>
    /// <param name="heldOut">Loss of the newest evaluation; null without one, and then knowing by heart alone decides.</param>
    public static RowVerdict Of(double first, double last, int passes, double median, double? heldOut)
    {
        if (passes < 2) return RowVerdict.SeenOnce;
        if (first < ByHeart && last < ByHeart) return RowVerdict.KnownBefore;
        if (first < ByHeart && last >= Lost * ByHeart) return RowVerdict.Forgotten;
        var fell = first >= ByHeart && last < Unmoved * first;
        if (fell && last < ByHeart && (heldOut is not { } loss || last < HeldOutShare * loss)) return RowVerdict.Memorised;
        if (fell) return RowVerdict.Learned;
        if (first >= ByHeart && last >= Unmoved * first && last > median) return RowVerdict.NeverLearned;
        return first >= ByHeart && last * Unmoved > first ? RowVerdict.Worsened : RowVerdict.LittleChanged;
    }
}
