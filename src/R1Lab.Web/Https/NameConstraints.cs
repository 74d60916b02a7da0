using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace R1Lab.Web.Https;

/// <summary>
/// The DNS names a certificate authority may sign (RFC 5280, 4.2.1.10), each with everything below it, and every IP address. A stolen key
/// of the lab's authority is then worthless for the names of other sites.
/// </summary>
internal sealed record NameConstraints(IReadOnlyList<string> Permitted)
{
    private const string ObjectId = "2.5.29.30";
    private static readonly Asn1Tag PermittedSubtrees = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag IpAddress = new(TagClass.ContextSpecific, 7);

    /// <summary>Read from a certificate; null when it has no such extension and may sign any name.</summary>
    /// <exception cref="AsnContentException">The extension is malformed.</exception>
    public static NameConstraints? Of(X509Certificate2 certificate)
    {
        if (certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == ObjectId) is not { } found) return null;
        var subtrees = new AsnReader(found.RawData, AsnEncodingRules.DER).ReadSequence().ReadSequence(PermittedSubtrees);
        var names = new List<string>();
        while (subtrees.HasData)
        {
            var subtree = subtrees.ReadSequence();
            if (subtree.PeekTag().HasSameClassAndValue(DnsName)) names.Add(subtree.ReadCharacterString(UniversalTagNumber.IA5String, DnsName));
        }

        return new NameConstraints(names);
    }

    public bool Permits(string dnsName) => Permitted.Any(permitted =>
        dnsName.Equals(permitted, StringComparison.OrdinalIgnoreCase) || dnsName.EndsWith("." + permitted, StringComparison.OrdinalIgnoreCase));

    public X509Extension ToExtension()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(PermittedSubtrees))
        {
            foreach (var name in Permitted)
            {
                using (writer.PushSequence()) writer.WriteCharacterString(UniversalTagNumber.IA5String, name, DnsName);
            }

            // An address and a mask of zeros: every address of either family.
            foreach (var any in new[] { IPAddress.Any, IPAddress.IPv6Any })
            {
                using (writer.PushSequence()) writer.WriteOctetString(new byte[2 * any.GetAddressBytes().Length], IpAddress);
            }
        }

        return new X509Extension(ObjectId, writer.Encode(), critical: true);
    }
}
