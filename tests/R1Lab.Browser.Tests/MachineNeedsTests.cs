using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

public sealed class MachineNeedsTests
{
    [Theory]
    [InlineData(true, true, null)]
    [InlineData(true, false, null)]
    [InlineData(false, true, "FailException")]
    [InlineData(false, false, "SkipException")]
    public void Demand_SomethingMissing_FailsWhereItIsRequiredAndSkipsElsewhere(bool isMet, bool isRequired, string? outcome)
    {
        string? thrown = null;
        try
        {
            MachineNeeds.Demand(isMet, "No npm was found.", isRequired);
        }
        catch (Exception exception)
        {
            thrown = exception.GetType().Name; // Record.Exception hands a skip on
        }

        Assert.Equal(outcome, thrown);
    }
}
