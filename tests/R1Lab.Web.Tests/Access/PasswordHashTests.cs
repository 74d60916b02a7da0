using System.Buffers.Binary;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data.Access;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

/// <summary>How passwords are stored: PBKDF2-HMAC-SHA512 with 210,000 rounds; an older hash is replaced when its owner signs in.</summary>
public sealed class PasswordHashTests : IDisposable
{
    private const int HmacSha512 = 2; // KeyDerivationPrf.HMACSHA512
    private readonly LabHost _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task SignIn_WithAHashOfFewerRounds_ReplacesIt()
    {
        (await _lab.SignedInAsync(LabRoles.Viewer)).Dispose();
        var older = new PasswordHasher<LabUser>(Microsoft.Extensions.Options.Options.Create(new PasswordHasherOptions { IterationCount = 1000 }));
        var fresh = await HashAsync();
        await HashAsync(older.HashPassword(new LabUser(), Visitors.Password));
        var before = await HashAsync();

        await _lab.Browser().SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", LabRoles.Viewer), ("password", Visitors.Password));

        Assert.Equal([(HmacSha512, 210_000), (HmacSha512, 1000), (HmacSha512, 210_000)], new[] { fresh, before, await HashAsync() }.Select(Read));
    }

    private async Task<string> HashAsync(string? replacement = null)
    {
        await using var scope = _lab.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<LabUser>>();
        var user = (await users.FindByNameAsync(LabRoles.Viewer))!;
        if (replacement is not null)
        {
            user.PasswordHash = replacement;
            await users.UpdateAsync(user);
        }

        return user.PasswordHash!;
    }

    // Identity's format 3: a marker byte, then pseudo-random function and rounds as big-endian integers.
    private static (int Function, int Rounds) Read(string hash)
    {
        var bytes = Convert.FromBase64String(hash).AsSpan();
        return (BinaryPrimitives.ReadInt32BigEndian(bytes[1..]), BinaryPrimitives.ReadInt32BigEndian(bytes[5..]));
    }
}
