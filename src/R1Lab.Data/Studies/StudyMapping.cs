using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace R1Lab.Data.Studies;

internal sealed class StudyMapping :
    IEntityTypeConfiguration<Study>, IEntityTypeConfiguration<Criterion>, IEntityTypeConfiguration<StudyItem>, IEntityTypeConfiguration<StudyResponse>,
    IEntityTypeConfiguration<Assignment>, IEntityTypeConfiguration<Score>, IEntityTypeConfiguration<RatingRevision>
{
    public void Configure(EntityTypeBuilder<Study> builder) => builder.Property(study => study.Primary).HasConversion(
        primary => JsonSerializer.Serialize(primary, JsonSerializerOptions.Default),
        json => JsonSerializer.Deserialize<PrimaryComparison>(json, JsonSerializerOptions.Default)!);

    public void Configure(EntityTypeBuilder<Criterion> builder)
    {
        builder.HasIndex(criterion => new { criterion.StudyId, criterion.Key }).IsUnique();
        builder.HasOne<Study>().WithMany().HasForeignKey(criterion => criterion.StudyId).OnDelete(DeleteBehavior.Cascade);
        builder.Property(criterion => criterion.Anchors).HasConversion(
            anchors => JsonSerializer.Serialize(anchors, JsonSerializerOptions.Default),
            json => JsonSerializer.Deserialize<Anchor[]>(json, JsonSerializerOptions.Default)!,
            ListComparer<Anchor>());
    }

    public void Configure(EntityTypeBuilder<StudyItem> builder)
    {
        builder.HasIndex(item => new { item.StudyId, item.Position });
        builder.HasOne<Study>().WithMany().HasForeignKey(item => item.StudyId).OnDelete(DeleteBehavior.Cascade);
        builder.HasMany(item => item.Responses).WithOne().HasForeignKey(response => response.ItemId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<StudyResponse> builder) => builder.HasIndex(response => new { response.ItemId, response.Position });

    public void Configure(EntityTypeBuilder<Assignment> builder)
    {
        // One rater has one item once, whatever races happen.
        builder.HasIndex(assignment => new { assignment.ItemId, assignment.RaterId }).IsUnique();
        builder.HasIndex(assignment => new { assignment.StudyId, assignment.RaterId, assignment.State });
        // Counts an item's taken places from the index alone.
        builder.HasIndex(assignment => new { assignment.ItemId, assignment.State, assignment.LeaseUntil });
        builder.HasOne<StudyItem>().WithMany().HasForeignKey(assignment => assignment.ItemId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Study>().WithMany().HasForeignKey(assignment => assignment.StudyId).OnDelete(DeleteBehavior.Cascade);
        builder.Property(assignment => assignment.Order).HasConversion(
            order => JsonSerializer.Serialize(order, JsonSerializerOptions.Default),
            json => JsonSerializer.Deserialize<int[]>(json, JsonSerializerOptions.Default)!,
            ListComparer<int>());
    }

    public void Configure(EntityTypeBuilder<Score> builder)
    {
        builder.HasIndex(score => new { score.AssignmentId, score.ResponseId, score.CriterionId }).IsUnique();
        builder.HasOne<Assignment>().WithMany().HasForeignKey(score => score.AssignmentId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudyResponse>().WithMany().HasForeignKey(score => score.ResponseId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Criterion>().WithMany().HasForeignKey(score => score.CriterionId).OnDelete(DeleteBehavior.Cascade);
        builder.ToTable(table => table.HasCheckConstraint(
            "OnTheScale", "(Value BETWEEN 1 AND 5 AND IsNotApplicable = 0) OR (Value IS NULL AND IsNotApplicable = 1)"));
    }

    public void Configure(EntityTypeBuilder<RatingRevision> builder)
    {
        builder.HasIndex(revision => new { revision.AssignmentId, revision.Number }).IsUnique();
        builder.HasIndex(revision => new { revision.AssignmentId, revision.Client, revision.Sequence }).IsUnique();
        builder.HasOne<Assignment>().WithMany().HasForeignKey(revision => revision.AssignmentId).OnDelete(DeleteBehavior.Cascade);
    }

    private static ValueComparer<IReadOnlyList<T>> ListComparer<T>() => new(
        (left, right) => left!.SequenceEqual(right!),
        list => list.Aggregate(0, (hash, one) => HashCode.Combine(hash, one)),
        list => list.ToArray());
}
