using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using R1Lab.Web.Options;

namespace R1Lab.Web.Https;

/// <summary>Under which names and addresses browsers reach this lab.</summary>
/// <param name="options">For the names the operator allows.</param>
/// <param name="hostName">This machine's name.</param>
/// <param name="addresses">This machine's addresses at the moment of the call.</param>
public sealed class LabNames(LabOptions options, string hostName, Func<IEnumerable<IPAddress>> addresses)
{
    private static readonly IdnMapping Idn = new();

    /// <summary>DNS names in their ASCII form, lower case; names that a certificate cannot carry are left out.</summary>
    public IReadOnlyList<string> Dns { get; } =
        [.. new[] { "localhost", hostName, $"{hostName}.local" }.Concat(options.AllowedHosts).Select(Ascii).OfType<string>().Distinct()];

    /// <summary>The loopback addresses, those of every interface that is up, and those in <c>Lab:AllowedHosts</c>, in a stable order.</summary>
    public IReadOnlyList<IPAddress> Addresses()
    {
        var allowed = options.AllowedHosts.Select(host => IPAddress.TryParse(host, out var address) ? address : null).OfType<IPAddress>();
        return [.. new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }.Concat(allowed).Concat(addresses().Select(Plain)).Distinct()
            .OrderBy(address => address.AddressFamily).ThenBy(address => address.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The unicast addresses of every interface that is up.</summary>
    public static IEnumerable<IPAddress> OfInterfaces()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().Where(network => network.OperationalStatus == OperationalStatus.Up)
                .SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)];
        }
        catch (NetworkInformationException)
        {
            return []; // an interface vanished while it was listed; the next check sees the rest
        }
    }

    // A zone index (fe80::1%eth0) has a meaning on this machine only and no form in a certificate.
    private static IPAddress Plain(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes()) : address;

    private static string? Ascii(string name)
    {
        try
        {
            var ascii = Idn.GetAscii(name.Trim().TrimEnd('.')).ToLowerInvariant();
            return Uri.CheckHostName(ascii) == UriHostNameType.Dns ? ascii : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
