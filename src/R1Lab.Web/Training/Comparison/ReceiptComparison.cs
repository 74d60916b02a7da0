using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>Two receipts side by side.</summary>
/// <param name="CommonLosses">Steps for which both runs logged a training loss.</param>
/// <param name="SameLosses">Whether those are all the same to the last bit.</param>
public sealed record ReceiptComparison(int CommonLosses, bool SameLosses, IReadOnlyList<ReceiptDifference> Differences)
{
    public static ReceiptComparison Of(RunReceipt left, RunReceipt right)
    {
        var common = Steps(left).Intersect(Steps(right)).Count();
        var differences = ReceiptDifference.Between(left, right);
        return new(common, common > 0 && left.SameLosses(right, common), differences);
    }

    private static IEnumerable<int> Steps(RunReceipt receipt) => receipt.Curves.Where(step => step.Loss is not null).Select(step => step.Step);
}
