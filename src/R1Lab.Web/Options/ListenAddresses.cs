using System.Net;
using Microsoft.AspNetCore.Http;

namespace R1Lab.Web.Options;

/// <summary>
/// Decides where to listen. Until an administrator exists, anyone who reaches the lab could try to become it, so addresses beyond this
/// machine are replaced by the loopback address with the same port.
/// </summary>
public static class ListenAddresses
{
    /// <summary>The addresses asked for by <c>ASPNETCORE_URLS</c>, <c>ASPNETCORE_HTTP_PORTS</c> or <c>Lab:Listen</c>, in that order.</summary>
    public static IReadOnlyList<string> Wanted(IConfiguration configuration, LabOptions options)
    {
        var urls = configuration["urls"];
        if (string.IsNullOrWhiteSpace(urls) && configuration["http_ports"] is { Length: > 0 } ports)
            urls = string.Join(';', ports.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(port => $"http://*:{port}"));
        return (string.IsNullOrWhiteSpace(urls) ? options.Listen : urls).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>The same addresses with those beyond this machine moved to 127.0.0.1.</summary>
    public static IReadOnlyList<string> OnThisMachine(IEnumerable<string> addresses) =>
        [.. addresses.Select(a => IsLoopback(a) ? a : Loopback(a)).Distinct()];

    public static bool IsAddress(string text)
    {
        try
        {
            return BindingAddress.Parse(text).Scheme is "http" or "https";
        }
        catch (FormatException)
        {
            return false;
        }
    }

    public static bool IsLoopback(string address)
    {
        var binding = BindingAddress.Parse(address);
        if (binding.IsUnixPipe || binding.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return true;
        return IPAddress.TryParse(binding.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip);
    }

    private static string Loopback(string address)
    {
        var binding = BindingAddress.Parse(address);
        return $"{binding.Scheme}://127.0.0.1:{binding.Port}";
    }
}
