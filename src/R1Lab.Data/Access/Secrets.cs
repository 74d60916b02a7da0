using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace R1Lab.Data.Access;

internal static class Secrets
{
    /// <summary><paramref name="prefix"/> and 32 random bytes in base64url.</summary>
    public static string Create(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
