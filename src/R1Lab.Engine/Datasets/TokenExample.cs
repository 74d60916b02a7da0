namespace R1Lab.Engine.Datasets;

/// <summary>One training example as token ids.</summary>
/// <param name="InputIds">Token ids, prompt and response.</param>
/// <param name="Labels">Same length, unshifted: the token itself where it is learned, <see cref="NotTrained"/> elsewhere.</param>
/// <param name="RowId">The dataset row it came from, for messages.</param>
public sealed record TokenExample(int[] InputIds, int[] Labels, int? RowId = null)
{
    /// <summary>The label of a token that is not learned (as PyTorch's cross entropy ignores it).</summary>
    public const int NotTrained = -100;

    public int Length => InputIds.Length;

    /// <summary>How many next-token predictions are scored: learned labels after the first place, which nothing predicts.</summary>
    public int TrainedTokens
    {
        get
        {
            var count = 0;
            for (var i = 1; i < Labels.Length; i++)
            {
                if (Labels[i] != NotTrained) count++;
            }

            return count;
        }
    }
}
