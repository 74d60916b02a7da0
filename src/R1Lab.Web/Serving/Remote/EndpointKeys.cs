using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace R1Lab.Web.Serving.Remote;

/// <summary>Encrypts the keys of endpoints with the lab's own keys, which lie beside the database and not in it.</summary>
public sealed class EndpointKeys(IDataProtectionProvider protection)
{
    private readonly IDataProtector _protector = protection.CreateProtector("R1Lab.RemoteEndpoints.Key");

    public string Protect(string key) => _protector.Protect(key);

    /// <exception cref="EndpointException">The lab's own keys are not those that it was encrypted with.</exception>
    public string? Unprotect(string? protectedKey)
    {
        try
        {
            return protectedKey is null ? null : _protector.Unprotect(protectedKey);
        }
        catch (CryptographicException e)
        {
            throw new EndpointException("endpoint_key_lost", $"the stored key cannot be decrypted (the folder keys/ of the lab was replaced); give the key again", e);
        }
    }
}
