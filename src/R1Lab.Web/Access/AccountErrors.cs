using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Localization;

namespace R1Lab.Web.Access;

/// <summary>What Identity refuses, in the visitor's language.</summary>
public sealed class AccountErrors(IStringLocalizer<AccountErrors> text) : IdentityErrorDescriber
{
    public override IdentityError DefaultError() => Error(nameof(DefaultError));

    public override IdentityError ConcurrencyFailure() => Error(nameof(ConcurrencyFailure));

    public override IdentityError InvalidUserName(string? userName) => Error(nameof(InvalidUserName));

    public override IdentityError DuplicateUserName(string userName) => Error(nameof(DuplicateUserName), userName);

    public override IdentityError PasswordMismatch() => Error(nameof(PasswordMismatch));

    public override IdentityError PasswordTooShort(int length) => Error(nameof(PasswordTooShort), length);

    public IdentityError PasswordTooLong(int length) => Error(nameof(PasswordTooLong), length);

    public IdentityError PasswordTooCommon() => Error(nameof(PasswordTooCommon));

    private IdentityError Error(string code, params object[] arguments) => new() { Code = code, Description = text[code, arguments] };
}
