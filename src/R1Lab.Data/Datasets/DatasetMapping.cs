using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace R1Lab.Data.Datasets;

internal sealed class DatasetMapping :
    IEntityTypeConfiguration<Dataset>, IEntityTypeConfiguration<DatasetRowEntity>, IEntityTypeConfiguration<DatasetEdit>,
    IEntityTypeConfiguration<DatasetEditRow>, IEntityTypeConfiguration<UploadSession>
{
    public void Configure(EntityTypeBuilder<Dataset> builder) => builder.HasIndex(dataset => dataset.Name);

    public void Configure(EntityTypeBuilder<DatasetRowEntity> builder)
    {
        builder.ToTable("DatasetRows");
        builder.HasIndex(row => new { row.DatasetId, row.Position });
        builder.HasOne<Dataset>().WithMany().HasForeignKey(row => row.DatasetId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<DatasetEdit> builder) =>
        builder.HasOne<Dataset>().WithMany().HasForeignKey(edit => edit.DatasetId).OnDelete(DeleteBehavior.Cascade);

    public void Configure(EntityTypeBuilder<DatasetEditRow> builder)
    {
        builder.HasKey(row => new { row.EditId, row.RowId });
        builder.HasOne<DatasetEdit>().WithMany().HasForeignKey(row => row.EditId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<UploadSession> builder) => builder.HasKey(session => session.Id);
}
