namespace R1Lab.Web.Options;

/// <summary>How many connections the lab takes, and what share of them one client may hold.</summary>
public sealed record ConnectionOptions
{
    /// <summary>TCP connections at once; at most half of them are open pages (WebSockets).</summary>
    public int InAll { get; set; } = 2000;

    /// <summary>TCP connections of one address that is no trusted proxy, and open pages of one address.</summary>
    public int PerAddress { get; set; } = 250;

    /// <summary>Open pages of one user.</summary>
    public int PagesPerUser { get; set; } = 125;

    public IEnumerable<string> Problems()
    {
        if (InAll < 2) yield return "Lab:Connections:InAll must be at least 2.";
        if (PerAddress < 1 || PerAddress > InAll) yield return "Lab:Connections:PerAddress must be between 1 and Lab:Connections:InAll.";
        if (PagesPerUser < 1) yield return "Lab:Connections:PagesPerUser must be at least 1.";
    }
}
