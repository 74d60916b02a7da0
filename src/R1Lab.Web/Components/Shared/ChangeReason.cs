using Microsoft.Extensions.Localization;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Layout;

namespace R1Lab.Web.Components.Shared;

/// <summary>Why a button that changes something is disabled for a visitor.</summary>
public static class ChangeReason
{
    /// <summary>Null when the visitor may change it.</summary>
    public static string? Of(IStringLocalizer<DeniedNotice> text, Visitor visitor, string? ownerId, string? ownerName)
    {
        if (visitor.MayChange(ownerId)) return null;
        return visitor.MayTrain ? text["OwnerOnly", ownerName is { Length: > 0 } ? ownerName : text["NoOwner"].Value] : text["TrainersOnly"];
    }
}
