namespace R1Lab.Web.Access;

/// <summary>Addresses of the pages around signing in.</summary>
public static class AccountPaths
{
    public const string SignIn = "/account/sign-in";
    public const string SignOut = "/account/sign-out";
    public const string SetUp = "/setup";
    public const string Denied = "/account/denied";
    public const string Password = "/account/password";

    /// <summary>The wanted page when it is one of ours, else the start page: a link must not lead a fresh session to another site.</summary>
    public static string Local(string? wanted) =>
        wanted is ['/', ..] && (wanted.Length == 1 || wanted[1] is not ('/' or '\\')) && !wanted.Any(char.IsControl) ? wanted : "/";
}
