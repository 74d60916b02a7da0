namespace R1Lab.Engine.Training.Objectives;

/// <summary>What one batch adds to an evaluation.</summary>
/// <param name="Loss">Sum of the loss, in nats.</param>
/// <param name="Right">How many were right: for tokens, those that the model ranks first.</param>
/// <param name="Count">How many were scored.</param>
internal readonly record struct EvaluationSums(double Loss, long Right, long Count)
{
    public static EvaluationSums operator +(EvaluationSums a, EvaluationSums b) =>
        new(a.Loss + b.Loss, a.Right + b.Right, a.Count + b.Count);
}
