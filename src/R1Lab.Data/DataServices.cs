using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using R1Lab.Data.Access;
using R1Lab.Data.Conversations;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Notifications;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;

namespace R1Lab.Data;

public static class DataServices
{
    /// <summary>
    /// Registers the context factory (and the scoped context Identity needs), the writer queue and every store, all on the SQLite file
    /// <paramref name="databasePath"/>. Call <see cref="LabDatabase.MigrateAsync"/> once after building.
    /// </summary>
    public static IServiceCollection AddLabData(this IServiceCollection services, string databasePath)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ILookupNormalizer, UpperInvariantLookupNormalizer>();
        services.AddDbContextFactory<LabDbContext>(options => Configure(options, databasePath));
        services.AddSingleton<WriteQueue>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LabDatabase>(provider, databasePath));
        services.AddSingleton<AccessStore>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<AuditStore>();
        services.AddSingleton<SettingsStore>();
        services.AddSingleton<DatasetStore>();
        services.AddSingleton<UploadStore>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<ModelStore>();
        services.AddSingleton<EndpointStore>();
        services.AddSingleton<ConversationStore>();
        services.AddSingleton<NotificationStore>();
        services.AddSingleton<StudyStore>();
        services.AddSingleton<RatingStore>();
        services.AddSingleton<StudyEntryStore>();
        services.AddSingleton<TrainingHistory>();
        return services;
    }

    internal static void Configure(DbContextOptionsBuilder options, string databasePath)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = databasePath, DefaultTimeout = 30 };
        options.UseSqlite(connection.ToString()).AddInterceptors(new ConnectionSettings());
    }
}
