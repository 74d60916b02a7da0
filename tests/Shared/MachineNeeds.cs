namespace R1Lab.Tests.Shared;

/// <summary>What a test needs of the machine it runs on: a program, a browser, a package registry.</summary>
internal static class MachineNeeds
{
    /// <summary>Where it is missing the test is skipped with the reason, or fails where CI=true: there nothing may pass untested.</summary>
    public static void Demand(bool isMet, string reason) => Demand(isMet, reason, Environment.GetEnvironmentVariable("CI") == "true");

    public static void Demand(bool isMet, string reason, bool isRequired)
    {
        if (!isMet && isRequired) Assert.Fail($"{reason} CI=true requires it.");
        Assert.SkipUnless(isMet, reason);
    }
}
