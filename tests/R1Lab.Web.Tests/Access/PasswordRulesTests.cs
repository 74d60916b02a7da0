using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("password")]
    [InlineData("Password1!")]
    [InlineData("12345678")]
    [InlineData("98765432")]
    [InlineData("aaaaaaaa")]
    [InlineData("abababab")]
    [InlineData("qwertyuiop")]
    [InlineData("woaini1314")]
    [InlineData("WangFang2024")]
    public void IsCommon_PasswordsTriedFirst_AreRefused(string password)
    {
        var common = PasswordRules.IsCommon(password, "wangfang");

        Assert.True(common);
    }

    [Theory]
    [InlineData("four unrelated words")]
    [InlineData("山高月小水落石出")]
    [InlineData("k7#mVq2x")]
    public void IsCommon_OtherPasswords_ArePermittedWithoutCompositionRules(string password)
    {
        var common = PasswordRules.IsCommon(password, "wangfang");

        Assert.False(common);
    }
}
