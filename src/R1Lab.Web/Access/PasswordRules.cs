using Microsoft.AspNetCore.Identity;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// At least eight characters and none of the passwords everybody tries first; no composition rules, which only make people
/// write <c>Password1!</c> (NIST SP 800-63B, section 3.1.1.2).
/// </summary>
public sealed class PasswordRules(AccountErrors errors) : IPasswordValidator<LabUser>
{
    public const int ShortestPassword = 8;
    public const int LongestPassword = 256;

    /// <summary>Rounds of PBKDF2-HMAC-SHA512 (OWASP Password Storage Cheat Sheet). A hash with fewer is replaced at the next sign-in.</summary>
    public const int HashIterations = 210_000;

    // A common word stays common with a few digits or signs after it, but not with a long random number.
    private const int LongestEnding = 6;

    private static readonly HashSet<string> Common = ReadList();

    public Task<IdentityResult> ValidateAsync(UserManager<LabUser> manager, LabUser user, string? password)
    {
        ArgumentNullException.ThrowIfNull(password);
        var result = password.Length > LongestPassword ? IdentityResult.Failed(errors.PasswordTooLong(LongestPassword))
            : IsCommon(password, user.UserName) ? IdentityResult.Failed(errors.PasswordTooCommon())
            : IdentityResult.Success;
        return Task.FromResult(result);
    }

    /// <summary>True for listed passwords, also with digits or signs added at the end, for one repeated piece, for runs like 12345678, and for the user's own name.</summary>
    public static bool IsCommon(string password, string? userName)
    {
        var lower = password.ToLowerInvariant();
        var stem = lower.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '!', '.', '?', '@', '#', '$', '*', '_', '-');
        var isListed = Common.Contains(lower) || (lower.Length - stem.Length <= LongestEnding && Common.Contains(stem));
        return isListed || IsRepetition(lower) || IsRun(lower)
            || string.Equals(lower, userName, StringComparison.OrdinalIgnoreCase) || string.Equals(stem, userName, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsRepetition(string text)
    {
        const int longestPiece = 4;
        return Enumerable.Range(1, longestPiece).Any(length => text.Select((c, i) => c == text[i % length]).All(same => same));
    }

    private static bool IsRun(string text)
    {
        var steps = text.Zip(text.Skip(1), (a, b) => b - a).Distinct().ToList();
        return steps is [1] or [-1];
    }

    private static HashSet<string> ReadList()
    {
        using var stream = typeof(PasswordRules).Assembly.GetManifestResourceStream("common-passwords.txt")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.StartsWith("# ", StringComparison.Ordinal))];
    }
}
