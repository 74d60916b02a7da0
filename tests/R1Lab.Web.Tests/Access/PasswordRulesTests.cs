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

    [Fact]
    public void CommonPasswords_ThatAreLongEnoughToBeChosen_AreThousands()
    {
        using var list = new StreamReader(typeof(PasswordRules).Assembly.GetManifestResourceStream("common-passwords.txt")!);

        var choosable = list.ReadToEnd().Split('\n').Where(password => password.Length >= PasswordRules.ShortestPassword).Distinct().ToList();

        Assert.InRange(choosable.Count, 3000, int.MaxValue);
        Assert.All(choosable.Where(password => !password.StartsWith("# ", StringComparison.Ordinal)), password => Assert.True(PasswordRules.IsCommon(password.ToUpperInvariant(), null), password));
    }

    [Theory]
    [InlineData("monkey-73920184655")]
    [InlineData("four unrelated words")]
    [InlineData("山高月小水落石出")]
    [InlineData("k7#mVq2x")]
    public void IsCommon_OtherPasswords_ArePermittedWithoutCompositionRules(string password)
    {
        var common = PasswordRules.IsCommon(password, "wangfang");

        Assert.False(common);
    }
}
