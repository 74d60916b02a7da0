using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace R1Lab.Web.Options;

/// <summary>
/// Decides where to listen. Until an administrator exists, anyone who reaches the lab could try to become it, so addresses beyond this
/// machine are replaced by the loopback address with the same port.
/// </summary>
public static partial class ListenAddresses
{
    /// <summary>
    /// The addresses asked for by <c>ASPNETCORE_URLS</c>, <c>ASPNETCORE_HTTP_PORTS</c> and <c>ASPNETCORE_HTTPS_PORTS</c>, or <c>Lab:Listen</c>, in that order.
    /// </summary>
    public static IReadOnlyList<string> Wanted(IConfiguration configuration, LabOptions options)
    {
        var urls = Parts(configuration["urls"]);
        if (urls.Count == 0) urls = [.. Ports("http"), .. Ports("https")];
        return urls.Count > 0 ? urls : [.. Parts(options.Listen).Select(WithScheme)];

        IEnumerable<string> Ports(string scheme) => Parts(configuration[$"{scheme}_ports"]).Select(port => $"{scheme}://*:{port}");
    }

    /// <summary>An address written without a scheme is plain HTTP on this machine and HTTPS beyond it.</summary>
    public static string WithScheme(string address)
    {
        if (!HostAndPort().IsMatch(address)) return address;
        var plain = $"http://{address}";
        return !IsAddress(plain) || IsLoopback(plain) ? plain : $"https://{address}";
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

    private static List<string> Parts(string? list) => [.. (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    [GeneratedRegex(@"^[^\s/]+:\d{1,5}$", RegexOptions.NonBacktracking)]
    private static partial Regex HostAndPort();

    private static string Loopback(string address)
    {
        var binding = BindingAddress.Parse(address);
        return $"{binding.Scheme}://127.0.0.1:{binding.Port}";
    }
}
