using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Identity;
using R1Lab.Engine.Tokenization.Unicode;

namespace R1Lab.Web.Access;

/// <summary>
/// How user names are compared: composed and in upper case, as Identity does it. Identity's own asks .NET, which composes nothing where it runs
/// without ICU: one name typed on two keyboards would be two accounts, and a data folder moved to such a machine would lose its users.
/// </summary>
public sealed class NameNormalizer : ILookupNormalizer
{
    [return: NotNullIfNotNull(nameof(name))]
    public string? NormalizeName(string? name) => name is null ? null : NormalForm.Composed(name).ToUpperInvariant();

    [return: NotNullIfNotNull(nameof(email))]
    public string? NormalizeEmail(string? email) => NormalizeName(email);
}
