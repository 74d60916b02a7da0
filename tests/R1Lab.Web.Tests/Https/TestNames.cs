using System.Net;
using R1Lab.Web.Https;
using R1Lab.Web.Options;

namespace R1Lab.Web.Tests.Https;

/// <summary>A machine called labbox on a LAN; its addresses can change.</summary>
internal sealed class TestNames
{
    public List<IPAddress> Addresses { get; } = [IPAddress.Parse("192.168.1.20")];

    public LabNames Of(LabOptions options) => new(options, "labbox", () => Addresses);
}
