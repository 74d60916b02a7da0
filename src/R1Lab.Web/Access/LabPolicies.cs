using Microsoft.AspNetCore.Authorization;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// What a visitor may do. Pages and endpoints name one of these; whatever names nothing requires a signed-in user.
/// The scopes of an API key count as roles.
/// </summary>
public static class LabPolicies
{
    /// <summary>Users, keys, settings, audit.</summary>
    public const string CanAdminister = nameof(CanAdminister);

    /// <summary>Datasets, runs, models, studies, serving: change them.</summary>
    public const string CanTrain = nameof(CanTrain);

    /// <summary>Read runs, charts, models and leaderboards.</summary>
    public const string CanView = nameof(CanView);

    /// <summary>Answer rating tasks.</summary>
    public const string CanRate = nameof(CanRate);

    /// <summary>Ask a model: chat, completions, tokenize.</summary>
    public const string CanInfer = nameof(CanInfer);

    /// <summary>The role that only keys have: it opens the inference endpoints and nothing else.</summary>
    public const string GenerateRole = "Generate";

    private static readonly Dictionary<string, string> RoleOfScope = new()
    {
        [ApiScopes.All] = LabRoles.Admin,
        [ApiScopes.Write] = LabRoles.Trainer,
        [ApiScopes.Read] = LabRoles.Viewer,
        [ApiScopes.Rate] = LabRoles.Rater,
        [ApiScopes.Generate] = GenerateRole,
    };

    /// <summary>Every scope a key can be given, the widest first.</summary>
    public static IReadOnlyList<string> Scopes { get; } = [.. RoleOfScope.Keys];

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Roles { get; } = new Dictionary<string, IReadOnlyList<string>>
    {
        [CanAdminister] = [LabRoles.Admin],
        [CanTrain] = [LabRoles.Admin, LabRoles.Trainer],
        [CanView] = [LabRoles.Admin, LabRoles.Trainer, LabRoles.Viewer],
        [CanRate] = [LabRoles.Admin, LabRoles.Trainer, LabRoles.Rater],
        [CanInfer] = [LabRoles.Admin, LabRoles.Trainer, GenerateRole],
    };

    public static IEnumerable<string> RolesOf(string scopes) =>
        scopes.Split(' ').Where(RoleOfScope.ContainsKey).Select(scope => RoleOfScope[scope]);

    public static void Configure(AuthorizationOptions options)
    {
        foreach (var (name, roles) in Roles) options.AddPolicy(name, policy => policy.RequireAuthenticatedUser().RequireRole(roles));
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
    }
}
