using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using R1Lab.Data.Datasets;

namespace R1Lab.Data.Runs;

internal sealed class RunMapping :
    IEntityTypeConfiguration<Run>, IEntityTypeConfiguration<RunStep>, IEntityTypeConfiguration<RunMetric>, IEntityTypeConfiguration<RunEvent>, IEntityTypeConfiguration<RunProbe>,
    IEntityTypeConfiguration<RunRowLoss>
{
    public void Configure(EntityTypeBuilder<Run> builder)
    {
        builder.HasIndex(run => new { run.Status, run.QueueOrder });
        builder.HasOne<Dataset>().WithMany().HasForeignKey(run => run.DatasetId).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<RunStep> builder)
    {
        builder.HasKey(step => new { step.RunId, step.Step });
        builder.HasOne<Run>().WithMany().HasForeignKey(step => step.RunId).OnDelete(DeleteBehavior.Cascade);
        builder.Ignore(step => step.Values);
    }

    /// <summary>The key comes before the step, so that a curve lies in one piece. The table has no rowid (see its migration): the primary key is the table.</summary>
    public void Configure(EntityTypeBuilder<RunMetric> builder)
    {
        builder.HasKey(metric => new { metric.RunId, metric.Key, metric.Step });
        builder.HasOne<Run>().WithMany().HasForeignKey(metric => metric.RunId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RunEvent> builder) =>
        builder.HasOne<Run>().WithMany().HasForeignKey(happened => happened.RunId).OnDelete(DeleteBehavior.Cascade);

    public void Configure(EntityTypeBuilder<RunProbe> builder)
    {
        builder.HasKey(probe => new { probe.RunId, probe.Step, probe.PromptIndex });
        builder.HasOne<Run>().WithMany().HasForeignKey(probe => probe.RunId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RunRowLoss> builder)
    {
        builder.HasKey(loss => new { loss.RunId, loss.Epoch, loss.RowId });
        builder.HasOne<Run>().WithMany().HasForeignKey(loss => loss.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}
