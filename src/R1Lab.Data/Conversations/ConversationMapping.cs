using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace R1Lab.Data.Conversations;

internal sealed class ConversationMapping : IEntityTypeConfiguration<Conversation>, IEntityTypeConfiguration<ConversationTurn>
{
    public void Configure(EntityTypeBuilder<Conversation> builder)
    {
        builder.HasIndex(one => new { one.OwnerId, one.ChangedAt });
        builder.HasMany(one => one.Turns).WithOne().HasForeignKey(turn => turn.ConversationId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<ConversationTurn> builder) =>
        builder.HasIndex(turn => new { turn.ConversationId, turn.Position, turn.Column }).IsUnique();
}
