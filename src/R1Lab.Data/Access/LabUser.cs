using Microsoft.AspNetCore.Identity;

namespace R1Lab.Data.Access;

/// <summary>A person who signs in.</summary>
public sealed class LabUser : IdentityUser
{
    /// <summary>Wrong passwords lock every account for a while, also one that is not created by Identity's manager.</summary>
    public LabUser() => LockoutEnabled = true;

    public string DisplayName { get; set; } = "";

    /// <summary>zh-CN or en; null follows the browser.</summary>
    public string? Language { get; set; }

    /// <summary>light or dark; null follows the system.</summary>
    public string? Theme { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public bool Disabled { get; set; }
}

public static class LabRoles
{
    public const string Admin = "Admin";
    public const string Trainer = "Trainer";
    public const string Rater = "Rater";
    public const string Viewer = "Viewer";

    /// <summary>The role that only keys have: it opens the inference endpoints and nothing else.</summary>
    public const string Generate = "Generate";

    /// <summary>The roles of users, from most to fewest rights.</summary>
    public static IReadOnlyList<string> All { get; } = [Admin, Trainer, Rater, Viewer];
}

/// <summary>A user as lists show them.</summary>
public sealed record UserSummary(
    string Id, string UserName, string DisplayName, string? Role, string? Language, string? Theme, bool Disabled, DateTimeOffset CreatedAt);
