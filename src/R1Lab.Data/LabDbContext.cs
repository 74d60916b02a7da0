using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using R1Lab.Data.Access;
using R1Lab.Data.Conversations;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Notifications;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;

namespace R1Lab.Data;

/// <summary>All records of the lab in one SQLite file. Used by the stores and by Identity only; pages never see it.</summary>
public sealed class LabDbContext(DbContextOptions<LabDbContext> options) : IdentityDbContext<LabUser>(options)
{
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    public DbSet<EarlierSecret> EarlierSecrets => Set<EarlierSecret>();

    public DbSet<SetupToken> SetupTokens => Set<SetupToken>();

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    public DbSet<EndedSession> EndedSessions => Set<EndedSession>();

    public DbSet<StoredSetting> Settings => Set<StoredSetting>();

    public DbSet<Dataset> Datasets => Set<Dataset>();

    public DbSet<DatasetRowEntity> DatasetRows => Set<DatasetRowEntity>();

    public DbSet<DatasetEdit> DatasetEdits => Set<DatasetEdit>();

    public DbSet<DatasetEditRow> DatasetEditRows => Set<DatasetEditRow>();

    public DbSet<UploadSession> UploadSessions => Set<UploadSession>();

    public DbSet<Run> Runs => Set<Run>();

    public DbSet<RunStep> RunSteps => Set<RunStep>();

    public DbSet<RunMetric> RunMetrics => Set<RunMetric>();

    public DbSet<RunEvent> RunEvents => Set<RunEvent>();

    public DbSet<RunProbe> RunProbes => Set<RunProbe>();

    public DbSet<RunRowLoss> RunRowLosses => Set<RunRowLoss>();

    public DbSet<RegisteredModel> Models => Set<RegisteredModel>();

    public DbSet<RemoteEndpoint> RemoteEndpoints => Set<RemoteEndpoint>();

    public DbSet<Conversation> Conversations => Set<Conversation>();

    public DbSet<ConversationTurn> ConversationTurns => Set<ConversationTurn>();

    public DbSet<Study> Studies => Set<Study>();

    public DbSet<Criterion> Criteria => Set<Criterion>();

    public DbSet<StudyItem> StudyItems => Set<StudyItem>();

    public DbSet<StudyResponse> StudyResponses => Set<StudyResponse>();

    public DbSet<Assignment> Assignments => Set<Assignment>();

    public DbSet<Score> Scores => Set<Score>();

    public DbSet<Notification> Notifications => Set<Notification>();

    public DbSet<RatingRevision> RatingRevisions => Set<RatingRevision>();

    /// <summary>Fixed here so that the tables do not depend on what the web room sets in IdentityOptions.</summary>
    protected override Version SchemaVersion => IdentitySchemaVersions.Version2;

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        // SQLite has no date type: milliseconds since 1970 sort, compare and stay exact.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
        configurationBuilder.Properties<Enum>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.ApplyConfigurationsFromAssembly(typeof(LabDbContext).Assembly);
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), value => DateTimeOffset.FromUnixTimeMilliseconds(value));
}
