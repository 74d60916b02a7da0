using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace R1Lab.Data.Access;

internal sealed class AccessMapping :
    IEntityTypeConfiguration<IdentityRole>, IEntityTypeConfiguration<ApiKey>, IEntityTypeConfiguration<EarlierSecret>, IEntityTypeConfiguration<SetupToken>,
    IEntityTypeConfiguration<AuditEntry>, IEntityTypeConfiguration<EndedSession>, IEntityTypeConfiguration<StoredSetting>
{
    public static string RoleId(string role) => "role-" + role.ToLowerInvariant();

    public void Configure(EntityTypeBuilder<IdentityRole> builder) =>
        builder.HasData(LabRoles.All.Select(role => new IdentityRole
        {
            Id = RoleId(role),
            Name = role,
            NormalizedName = role.ToUpperInvariant(),
            ConcurrencyStamp = RoleId(role),
        }));

    public void Configure(EntityTypeBuilder<ApiKey> builder)
    {
        builder.HasIndex(key => key.Sha256).IsUnique();
        builder.HasMany(key => key.Earlier).WithOne().HasForeignKey(secret => secret.ApiKeyId);
    }

    public void Configure(EntityTypeBuilder<EarlierSecret> builder) => builder.HasIndex(secret => secret.Sha256).IsUnique();

    public void Configure(EntityTypeBuilder<SetupToken> builder) => builder.Property(token => token.Id).ValueGeneratedNever();

    public void Configure(EntityTypeBuilder<AuditEntry> builder) => builder.HasIndex(entry => entry.Action);

    public void Configure(EntityTypeBuilder<EndedSession> builder) => builder.HasIndex(ended => ended.EndedAt);

    public void Configure(EntityTypeBuilder<StoredSetting> builder) => builder.HasKey(setting => setting.Key);
}
