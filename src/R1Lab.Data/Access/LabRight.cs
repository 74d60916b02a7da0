namespace R1Lab.Data.Access;

/// <summary>What an account or an API key may do.</summary>
public enum LabRight
{
    /// <summary>Users, keys, settings, audit, and everything that belongs to others.</summary>
    Administer,

    /// <summary>Create datasets, runs, models and studies; change the own ones.</summary>
    Train,

    /// <summary>Read runs, charts, models, datasets and leaderboards.</summary>
    View,

    /// <summary>Answer rating tasks.</summary>
    Rate,

    /// <summary>Ask a model: chat, completions, tokenize.</summary>
    Infer,
}

/// <summary>The rights of each role.</summary>
public static class LabRights
{
    public static IReadOnlyDictionary<LabRight, IReadOnlyList<string>> Roles { get; } = new Dictionary<LabRight, IReadOnlyList<string>>
    {
        [LabRight.Administer] = [LabRoles.Admin],
        [LabRight.Train] = [LabRoles.Admin, LabRoles.Trainer],
        [LabRight.View] = [LabRoles.Admin, LabRoles.Trainer, LabRoles.Viewer],
        [LabRight.Rate] = [LabRoles.Admin, LabRoles.Trainer, LabRoles.Rater],
        [LabRight.Infer] = [LabRoles.Admin, LabRoles.Trainer, LabRoles.Generate],
    };

    public static IReadOnlySet<LabRight> Of(string role) => Roles.Where(right => right.Value.Contains(role)).Select(right => right.Key).ToHashSet();

    /// <summary>The role whose rights both roles have: the narrower one, or null where neither contains the other.</summary>
    public static string? Common(string first, string second) =>
        Of(first).IsSubsetOf(Of(second)) ? first : Of(second).IsSubsetOf(Of(first)) ? second : null;

    /// <summary>The roles of a key now: what its scopes grant, within what its owner may do.</summary>
    /// <param name="scopes">Words of <see cref="ApiScopes"/> with a space between.</param>
    /// <param name="ownerRole">The owner's present role; null for a key without an owner.</param>
    public static IReadOnlyList<string> OfKey(string scopes, string? ownerRole) =>
        [.. ApiScopes.RolesOf(scopes).Select(role => ownerRole is null ? role : Common(role, ownerRole)).OfType<string>().Distinct()];
}
