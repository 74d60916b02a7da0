using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using R1Lab.Data.Runs;

namespace R1Lab.Data.Models;

internal sealed class ModelMapping : IEntityTypeConfiguration<RegisteredModel>
{
    public void Configure(EntityTypeBuilder<RegisteredModel> builder)
    {
        builder.HasIndex(model => model.Name).IsUnique();
        builder.HasIndex(model => model.Path);
        builder.HasOne<RegisteredModel>().WithMany().HasForeignKey(model => model.BaseModelId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Run>().WithMany().HasForeignKey(model => model.RunId).OnDelete(DeleteBehavior.SetNull);
    }
}
