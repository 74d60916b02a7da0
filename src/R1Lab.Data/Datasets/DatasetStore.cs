using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;
using R1Lab.Data.Notifications;

namespace R1Lab.Data.Datasets;

/// <summary>Datasets as wholes, and reading their rows. Changing rows: see the other part of this class.</summary>
public sealed partial class DatasetStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    // Small enough that a save by somebody else never waits long behind an import.
    private const int ImportBatch = 5_000;

    /// <summary>People who wait longer than this for their rows do something else meanwhile.</summary>
    private static readonly TimeSpan LongImport = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Stores all rows or, when <paramref name="rows"/> throws or the import is cancelled, none. The dataset appears when it is complete.
    /// </summary>
    public async Task<Dataset> CreateAsync(
        Actor actor, NewDataset dataset, IAsyncEnumerable<NewRow> rows, CancellationToken cancellationToken = default)
    {
        var created = await BeginAsync(actor, dataset, cancellationToken);
        try
        {
            var batch = new List<NewRow>(ImportBatch);
            await foreach (var row in rows.WithCancellation(cancellationToken))
            {
                batch.Add(RowText.Checked(row));
                if (batch.Count == ImportBatch) await FlushAsync(created, batch, cancellationToken);
            }

            await FlushAsync(created, batch, cancellationToken);
            return await CompleteAsync(actor, created, cancellationToken);
        }
        catch
        {
            await writes.RunAsync(
                (context, token) => context.Datasets.Where(dataset => dataset.Id == created.Id).ExecuteDeleteAsync(token), CancellationToken.None);
            throw;
        }
    }

    /// <inheritdoc cref="CreateAsync(Actor, NewDataset, IAsyncEnumerable{NewRow}, CancellationToken)"/>
    public Task<Dataset> CreateAsync(Actor actor, NewDataset dataset, IEnumerable<NewRow> rows, CancellationToken cancellationToken = default) =>
        CreateAsync(actor, dataset, rows.ToAsyncEnumerable(), cancellationToken);

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<Dataset>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Ready(context).OrderByDescending(dataset => dataset.Id).ToListAsync(cancellationToken);
    }

    public async Task<Dataset?> GetAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Ready(context).FirstOrDefaultAsync(dataset => dataset.Id == id, cancellationToken);
    }

    /// <summary>The newest dataset of that name.</summary>
    public async Task<Dataset?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Ready(context).Where(dataset => dataset.Name == name).OrderByDescending(dataset => dataset.Id)
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Rows in order; <paramref name="query"/> keeps those that contain the text (ASCII letters in any case).</summary>
    /// <exception cref="RecordNotFoundException"/>
    public async Task<RowPage> PageAsync(
        int id, int offset, int limit, string? query = null, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var dataset = await Ready(context).FirstOrDefaultAsync(one => one.Id == id, cancellationToken)
            ?? throw new RecordNotFoundException("dataset", id);
        var rows = Matching(context, dataset, query);
        var total = string.IsNullOrEmpty(query) ? dataset.RowCount : await rows.CountAsync(cancellationToken);
        var page = await rows.OrderBy(row => row.Position).Skip(offset).Take(limit).ToListAsync(cancellationToken);
        return new RowPage(page, total);
    }

    public async Task<DatasetRowEntity?> GetRowAsync(int id, int rowId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.DatasetRows.AsNoTracking()
            .FirstOrDefaultAsync(row => row.DatasetId == id && row.Id == rowId, cancellationToken);
    }

    /// <summary>The numbers of rows, counted from 1 in the dataset's order; rows that are gone are left out.</summary>
    public async Task<IReadOnlyDictionary<int, int>> RowNumbersAsync(int id, IReadOnlyCollection<int> rowIds, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var wanted = rowIds.ToHashSet();
        var numbers = new Dictionary<int, int>();
        var number = 0;
        await foreach (var row in context.DatasetRows.Where(row => row.DatasetId == id).OrderBy(row => row.Position).Select(row => row.Id).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            number++;
            if (wanted.Contains(row)) numbers[row] = number;
            if (numbers.Count == wanted.Count) break;
        }

        return numbers;
    }

    /// <summary>Every row in order, as one consistent picture even while others edit.</summary>
    public async IAsyncEnumerable<DatasetRowEntity> ReadAllAsync(int id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.DatasetRows.AsNoTracking().Where(row => row.DatasetId == id).OrderBy(row => row.Position);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken)) yield return row;
    }

    /// <summary>Writes the JSON lines as UTF-8: the imported bytes, except where rows were edited.</summary>
    public async Task ExportAsync(int id, Stream target, CancellationToken cancellationToken = default)
    {
        var dataset = await GetAsync(id, cancellationToken) ?? throw new RecordNotFoundException("dataset", id);
        await DatasetExport.WriteAsync(ReadAllAsync(id, cancellationToken), dataset.Trailing, target, cancellationToken);
    }

    /// <summary>Lower-case hex SHA-256 of what <see cref="ExportAsync"/> writes.</summary>
    public async Task<string> ContentHashAsync(int id, CancellationToken cancellationToken = default)
    {
        var dataset = await GetAsync(id, cancellationToken) ?? throw new RecordNotFoundException("dataset", id);
        if (dataset.ContentHash is { } known && dataset.ContentHashVersion == dataset.Version) return known;
        var hash = await DatasetExport.HashAsync(ReadAllAsync(id, cancellationToken), dataset.Trailing, cancellationToken);
        await writes.RunAsync(
            (context, token) => context.Datasets.Where(one => one.Id == id && one.Version == dataset.Version).ExecuteUpdateAsync(
                set => set.SetProperty(one => one.ContentHash, hash).SetProperty(one => one.ContentHashVersion, dataset.Version), token),
            cancellationToken);
        return hash;
    }

    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> RenameAsync(Actor actor, int id, string name, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { } dataset) return false;
                context.Audit(actor, time.Now(), AuditActions.DatasetRename, Subject(dataset), name);
                dataset.Name = name;
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    /// <summary>Removes the dataset with its rows; runs made from it keep its name and hash.</summary>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> DeleteAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { } dataset) return false;
                context.Audit(actor, time.Now(), AuditActions.DatasetDelete, Subject(dataset));
                await context.SaveChangesAsync(token);
                return await context.Datasets.Where(one => one.Id == id).ExecuteDeleteAsync(token) == 1;
            },
            cancellationToken);

    /// <summary>The dataset as a whole or in the making, where the actor may change it; null when there is none.</summary>
    private static async Task<Dataset?> OwnedAsync(LabDbContext context, Actor actor, int id, CancellationToken cancellationToken)
    {
        actor.Demand(LabRight.Train);
        var dataset = await context.Datasets.FirstOrDefaultAsync(one => one.Id == id, cancellationToken);
        if (dataset is not null) actor.DemandOwner($"dataset {id}", dataset.OwnerId, dataset.OwnerName);
        return dataset;
    }

    private static string Subject(Dataset dataset) => $"dataset {dataset.Id} {dataset.Name}";

    private Task<Dataset> BeginAsync(Actor actor, NewDataset dataset, CancellationToken cancellationToken) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Train);
                var created = new Dataset
                {
                    Name = dataset.Name,
                    Format = dataset.Format,
                    OwnerId = actor.IsSystem ? dataset.OwnerId : actor.Id,
                    OwnerName = actor.IsSystem ? dataset.OwnerName : actor.Name,
                    Trailing = dataset.Trailing,
                    CreatedAt = time.Now(),
                    ChangedAt = time.Now(),
                    State = DatasetState.Importing,
                };
                context.Add(created);
                await context.SaveChangesAsync(token);
                return created;
            },
            cancellationToken);

    private async Task FlushAsync(Dataset dataset, List<NewRow> batch, CancellationToken cancellationToken)
    {
        await writes.RunAsync(
            (context, token) => DatasetRowWriter.InsertAsync(context, dataset, dataset.RowCount, batch, token), cancellationToken);
        dataset.RowCount += batch.Count;
        batch.Clear();
    }

    private Task<Dataset> CompleteAsync(Actor actor, Dataset dataset, CancellationToken cancellationToken) =>
        writes.RunAsync(
            async (context, token) =>
            {
                dataset.State = DatasetState.Ready;
                context.Update(dataset);
                context.Audit(actor, time.Now(), AuditActions.DatasetImport, Subject(dataset), $"{dataset.RowCount} rows");
                if (time.Now() - dataset.CreatedAt >= LongImport)
                    await context.NotifyAsync(dataset.OwnerId, time.Now(), NotificationKinds.ImportFinished, dataset.Name, $"datasets/{dataset.Id}", token);
                await context.SaveChangesAsync(token);
                return dataset;
            },
            cancellationToken);

    private static IQueryable<Dataset> Ready(LabDbContext context) =>
        context.Datasets.AsNoTracking().Where(dataset => dataset.State == DatasetState.Ready);

    private static IQueryable<DatasetRowEntity> Matching(LabDbContext context, Dataset dataset, string? query)
    {
        var rows = context.DatasetRows.AsNoTracking().Where(row => row.DatasetId == dataset.Id);
        if (string.IsNullOrEmpty(query)) return rows;
        var pattern = "%" + query.Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_") + "%";
        return rows.Where(row => EF.Functions.Like(row.Search, pattern, "\\"));
    }
}
