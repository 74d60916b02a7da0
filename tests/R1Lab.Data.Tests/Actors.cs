using R1Lab.Data.Access;

namespace R1Lab.Tests.Shared;

/// <summary>Who changes records in tests of stores; what people do through pages and requests gets its actor from the live session.</summary>
public static class Actors
{
    /// <summary>Prepares what a test begins with; may name other owners.</summary>
    public static Actor Lab { get; } = Actor.System("test");

    public static Actor Admin { get; } = User("admin", LabRoles.Admin);

    /// <summary>Somebody with this role, whose id is also the name.</summary>
    public static Actor User(string id, string role = LabRoles.Trainer) => Actor.Of(id, id, [role], session: $"session of {id}");

    public static Actor Rater(string id, string? name = null) => Actor.Of(id, name ?? id, [LabRoles.Rater]);
}
