using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using R1Lab.Data.Datasets;

namespace R1Lab.Data.Runs;

internal sealed class RunMapping : IEntityTypeConfiguration<Run>, IEntityTypeConfiguration<RunMetric>, IEntityTypeConfiguration<RunEvent>
{
    public void Configure(EntityTypeBuilder<Run> builder)
    {
        builder.HasIndex(run => new { run.Status, run.QueuedAt });
        builder.HasOne<Dataset>().WithMany().HasForeignKey(run => run.DatasetId).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<RunMetric> builder)
    {
        builder.HasKey(metric => new { metric.RunId, metric.Step });
        builder.HasOne<Run>().WithMany().HasForeignKey(metric => metric.RunId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RunEvent> builder) =>
        builder.HasOne<Run>().WithMany().HasForeignKey(happened => happened.RunId).OnDelete(DeleteBehavior.Cascade);
}
