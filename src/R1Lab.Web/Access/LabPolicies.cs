using Microsoft.AspNetCore.Authorization;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// The names under which pages and endpoints demand a right; whatever names nothing requires a signed-in user. The scopes of an API key
/// count as roles. A policy opens a door; what changes something asks <see cref="LiveSession"/> again at the moment of the action.
/// </summary>
public static class LabPolicies
{
    public const string CanAdminister = nameof(CanAdminister);
    public const string CanTrain = nameof(CanTrain);
    public const string CanView = nameof(CanView);
    public const string CanRate = nameof(CanRate);
    public const string CanInfer = nameof(CanInfer);

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Roles { get; } = new Dictionary<string, IReadOnlyList<string>>
    {
        [CanAdminister] = LabRights.Roles[LabRight.Administer],
        [CanTrain] = LabRights.Roles[LabRight.Train],
        [CanView] = LabRights.Roles[LabRight.View],
        [CanRate] = LabRights.Roles[LabRight.Rate],
        [CanInfer] = LabRights.Roles[LabRight.Infer],
    };

    public static void Configure(AuthorizationOptions options)
    {
        foreach (var (name, roles) in Roles) options.AddPolicy(name, policy => policy.RequireAuthenticatedUser().RequireRole(roles));
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
    }
}
