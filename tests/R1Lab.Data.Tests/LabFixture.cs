using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data.Access;
using R1Lab.Data.Conversations;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Notifications;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;

namespace R1Lab.Data.Tests;

/// <summary>A lab's records in a real SQLite file of their own, removed afterwards.</summary>
public sealed class LabFixture : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private LabFixture(string folder)
    {
        Folder = folder;
        Path = System.IO.Path.Combine(folder, "lab.db");
        var services = new ServiceCollection().AddSingleton<TimeProvider>(Time).AddLabData(Path);
        _services = services.BuildServiceProvider();
    }

    public string Folder { get; }

    public string Path { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public LabDatabase Database => Get<LabDatabase>();

    public WriteQueue Writes => Get<WriteQueue>();

    public AccessStore Access => Get<AccessStore>();

    public UserStore Users => Get<UserStore>();

    public SessionStore Sessions => Get<SessionStore>();

    public AuditStore Audit => Get<AuditStore>();

    public SettingsStore Settings => Get<SettingsStore>();

    public DatasetStore Datasets => Get<DatasetStore>();

    public UploadStore Uploads => Get<UploadStore>();

    public RunStore Runs => Get<RunStore>();

    public ModelStore Models => Get<ModelStore>();

    public EndpointStore Endpoints => Get<EndpointStore>();

    public ConversationStore Conversations => Get<ConversationStore>();

    public NotificationStore Notifications => Get<NotificationStore>();

    public StudyStore Studies => Get<StudyStore>();

    public RatingStore Ratings => Get<RatingStore>();

    public StudyEntryStore StudyEntries => Get<StudyEntryStore>();

    public TrainingHistory History => Get<TrainingHistory>();

    public static async Task<LabFixture> CreateAsync()
    {
        var lab = At(Directory.CreateTempSubdirectory("r1lab-data-").FullName);
        await lab.Database.MigrateAsync(TestContext.Current.CancellationToken);
        return lab;
    }

    /// <summary>Another program on the same files, as after a restart; not migrated yet.</summary>
    public static LabFixture At(string folder) => new(folder);

    public LabDbContext Open() => Get<Microsoft.EntityFrameworkCore.IDbContextFactory<LabDbContext>>().CreateDbContext();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    private T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();
}
