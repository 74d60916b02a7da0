using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Notifications;

/// <summary>
/// Notifications inside the transaction of the change they report, so that none is lost or reports what did not happen.
/// They are stored with the next save.
/// </summary>
internal static class NotificationLog
{
    private const int MostKept = 200;

    /// <summary>Notifies the owner of something; no one where it has none, or belongs to a key.</summary>
    public static async Task NotifyAsync(
        this LabDbContext context, string? ownerId, DateTimeOffset at, string kind, string subject, string address, CancellationToken cancellationToken)
    {
        if (ownerId is null || !await context.Users.AnyAsync(user => user.Id == ownerId, cancellationToken)) return;
        await AddAsync(context, ownerId, at, kind, subject, address, cancellationToken);
    }

    /// <summary>Notifies everyone who may rate, without one person, such as the one who opened the study.</summary>
    public static async Task NotifyRatersAsync(
        this LabDbContext context, string? exceptId, DateTimeOffset at, string kind, string subject, string address, CancellationToken cancellationToken)
    {
        var roles = LabRights.Roles[LabRight.Rate].Where(LabRoles.All.Contains).Select(AccessMapping.RoleId).ToList();
        var raters = await context.Users.Where(user => !user.Disabled && user.Id != exceptId)
            .Where(user => context.UserRoles.Any(link => link.UserId == user.Id && roles.Contains(link.RoleId)))
            .Select(user => user.Id).ToListAsync(cancellationToken);
        foreach (var rater in raters) await AddAsync(context, rater, at, kind, subject, address, cancellationToken);
    }

    private static async Task AddAsync(
        LabDbContext context, string userId, DateTimeOffset at, string kind, string subject, string address, CancellationToken cancellationToken)
    {
        var kept = context.Notifications.Where(one => one.UserId == userId);
        var oldest = await kept.OrderByDescending(one => one.Id).Skip(MostKept - 1).Select(one => one.Id).FirstOrDefaultAsync(cancellationToken);
        await kept.Where(one => one.Id <= oldest).ExecuteDeleteAsync(cancellationToken);
        context.Add(new Notification { UserId = userId, At = at, Kind = kind, Subject = subject, Address = address });
    }
}
