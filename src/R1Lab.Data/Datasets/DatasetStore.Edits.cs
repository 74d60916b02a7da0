using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Datasets;

/// <summary>Changing rows by hand. Each change is one version, and the last <see cref="UndoDepth"/> can be taken back.</summary>
public sealed partial class DatasetStore
{
    public const int UndoDepth = 100;

    private const string RowColumns = "Position, Kind, Content, Search, Raw, Leading, LineEnd";

    /// <summary>Appends a row.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public Task<DatasetRowEntity> AddRowAsync(Actor actor, int id, NewRow row, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var dataset = await ChangingAsync(context, actor, id, token);
                var last = await context.DatasetRows.Where(one => one.DatasetId == id).MaxAsync(one => (int?)one.Position, token);
                var added = NewEntity(dataset, RowText.Checked(row), (last ?? -1) + 1);
                context.Add(added);
                dataset.RowCount++;
                await context.SaveChangesAsync(token);
                Changed(context, actor, dataset, AuditActions.RowAdd, $"row {added.Id}");
                await LogAsync(context, id, DatasetEditKind.Add, [added.Id], actor.Name, token);
                return added;
            },
            cancellationToken);

    /// <summary>Gives a row new values.</summary>
    /// <param name="expected">The <see cref="DatasetRowEntity.Line"/> that the change was made from; null replaces whatever is stored.</param>
    /// <exception cref="RecordNotFoundException"/>
    /// <exception cref="RowConflictException">Somebody else changed the row meanwhile.</exception>
    public Task<RowUpdate> UpdateRowAsync(
        Actor actor, int id, int rowId, NewRow row, string? expected = null, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var dataset = await ChangingAsync(context, actor, id, token);
                var stored = await context.DatasetRows.FirstOrDefaultAsync(one => one.DatasetId == id && one.Id == rowId, token);
                if (stored is null) return RowUpdate.Missing;
                if (expected is not null && expected != stored.Line) throw new RowConflictException(stored);
                if ((RowText.Checked(row).Kind, row.Content, row.OwnLine) == (stored.Kind, stored.Content, stored.Raw)) return RowUpdate.Unchanged;
                Changed(context, actor, dataset, AuditActions.RowUpdate, $"row {rowId}");
                await LogAsync(context, id, DatasetEditKind.Update, [rowId], actor.Name, token);
                (stored.Kind, stored.Content, stored.Search, stored.Raw) = (row.Kind, row.Content, row.Search, row.OwnLine);
                await context.SaveChangesAsync(token);
                return RowUpdate.Saved;
            },
            cancellationToken);

    /// <summary>Deletes rows as one edit; says how many there were.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public Task<int> DeleteRowsAsync(
        Actor actor, int id, IReadOnlyCollection<int> rowIds, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var dataset = await ChangingAsync(context, actor, id, token);
                if (await LogAsync(context, id, DatasetEditKind.Delete, rowIds, actor.Name, token) is not { } edit) return 0;
                await context.Database.ExecuteSqlAsync(
                    $"DELETE FROM DatasetRows WHERE Id IN (SELECT RowId FROM DatasetEditRows WHERE EditId = {edit.Id})", token);
                dataset.RowCount -= edit.RowCount;
                Changed(context, actor, dataset, AuditActions.RowDelete, $"{edit.RowCount} rows");
                await context.SaveChangesAsync(token);
                return edit.RowCount;
            },
            cancellationToken);

    /// <summary>What <see cref="UndoAsync"/> would take back, or null.</summary>
    public async Task<DatasetEdit?> LastEditAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await LastEdit(context, id).AsNoTracking().FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Takes back the last edit (the version still grows) and says which it was; null when there is none.</summary>
    public Task<DatasetEdit?> UndoAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var dataset = await ChangingAsync(context, actor, id, token);
                if (await LastEdit(context, id).FirstOrDefaultAsync(token) is not { } edit) return null;
                Changed(context, actor, dataset, AuditActions.DatasetUndo, $"{edit.Kind}, {edit.RowCount} rows");
                dataset.RowCount += edit.Kind switch
                {
                    DatasetEditKind.Add => -edit.RowCount,
                    DatasetEditKind.Delete => edit.RowCount,
                    _ => 0,
                };
                await PutBackAsync(context, id, edit, token);
                context.Remove(edit);
                await context.SaveChangesAsync(token);
                return edit;
            },
            cancellationToken);

    private static async Task PutBackAsync(LabDbContext context, int id, DatasetEdit edit, CancellationToken cancellationToken)
    {
        await context.Database.ExecuteSqlAsync(
            $"DELETE FROM DatasetRows WHERE Id IN (SELECT RowId FROM DatasetEditRows WHERE EditId = {edit.Id})", cancellationToken);
        if (edit.Kind == DatasetEditKind.Add) return;
        await context.Database.ExecuteSqlRawAsync(
            $"INSERT INTO DatasetRows (Id, DatasetId, {RowColumns}) SELECT RowId, {{0}}, {RowColumns} FROM DatasetEditRows WHERE EditId = {{1}}",
            [id, edit.Id],
            cancellationToken);
    }

    private static IQueryable<DatasetEdit> LastEdit(LabDbContext context, int id) =>
        context.DatasetEdits.Where(edit => edit.DatasetId == id).OrderByDescending(edit => edit.Id).Take(1);

    private async Task<Dataset> ChangingAsync(LabDbContext context, Actor actor, int id, CancellationToken cancellationToken)
    {
        actor.Demand(LabRight.Train);
        var dataset = await context.Datasets.FirstOrDefaultAsync(one => one.Id == id && one.State == DatasetState.Ready, cancellationToken)
            ?? throw new RecordNotFoundException("dataset", id);
        actor.DemandOwner($"dataset {id}", dataset.OwnerId, dataset.OwnerName);
        return dataset;
    }

    private void Changed(LabDbContext context, Actor actor, Dataset dataset, string action, string detail)
    {
        dataset.Version++;
        dataset.ChangedAt = time.Now();
        context.Audit(actor, time.Now(), action, Subject(dataset), detail);
    }

    /// <summary>Copies the rows as they are now into the edit log, in the database, however many; null when none of them exists.</summary>
    private async Task<DatasetEdit?> LogAsync(
        LabDbContext context, int id, DatasetEditKind kind, IReadOnlyCollection<int> rowIds, string? editor, CancellationToken cancellationToken)
    {
        var edit = new DatasetEdit { DatasetId = id, Kind = kind, Editor = editor, At = time.Now() };
        context.Add(edit);
        await context.SaveChangesAsync(cancellationToken);
        edit.RowCount = await context.Database.ExecuteSqlRawAsync(
            $"""
            INSERT INTO DatasetEditRows (EditId, RowId, {RowColumns}) SELECT {"{0}"}, Id, {RowColumns} FROM DatasetRows
            WHERE DatasetId = {"{1}"} AND Id IN (SELECT value FROM json_each({"{2}"}))
            """,
            [edit.Id, id, JsonSerializer.Serialize(rowIds)],
            cancellationToken);
        if (edit.RowCount == 0)
        {
            context.Remove(edit);
            await context.SaveChangesAsync(cancellationToken);
            return null;
        }

        await context.SaveChangesAsync(cancellationToken);
        await context.DatasetEdits.Where(old => old.DatasetId == id).OrderByDescending(old => old.Id).Skip(UndoDepth)
            .ExecuteDeleteAsync(cancellationToken);
        return edit;
    }

    private static DatasetRowEntity NewEntity(Dataset dataset, NewRow row, int position) => new()
    {
        DatasetId = dataset.Id,
        Position = position,
        Kind = row.Kind,
        Content = row.Content,
        Search = row.Search,
        Raw = row.OwnLine,
        Leading = row.Leading,
        LineEnd = row.LineEnd,
    };
}
