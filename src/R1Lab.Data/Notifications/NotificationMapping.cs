using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using R1Lab.Data.Access;

namespace R1Lab.Data.Notifications;

internal sealed class NotificationMapping : IEntityTypeConfiguration<Notification>
{
    public void Configure(EntityTypeBuilder<Notification> builder)
    {
        builder.HasIndex(one => new { one.UserId, one.Id });
        builder.HasOne<LabUser>().WithMany().HasForeignKey(one => one.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
