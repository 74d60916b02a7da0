using Microsoft.AspNetCore.Mvc;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Uploads;
using R1Lab.Web.Workbench;

namespace R1Lab.Web.Api;

/// <summary><c>/api/v1/datasets</c>: import JSONL, read and change rows, export.</summary>
public static class DatasetEndpoints
{
    private const int MostRows = 10_000;

    public static void MapDatasets(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/datasets").WithTags("Datasets");
        var read = group.MapGroup("").RequireAuthorization(LabPolicies.CanView);
        read.MapGet("", ListAsync).WithName("ListDatasets").WithSummary("All datasets");
        read.MapGet("/{id:int}", GetAsync).WithName("GetDataset").WithSummary("One dataset");
        read.MapGet("/{id:int}/rows", RowsAsync).WithName("ListRows").WithSummary("Rows by offset and limit, searched by q");
        var change = group.MapGroup("").RequireAuthorization(LabPolicies.CanTrain);
        change.MapGet("/{id:int}/export", ExportAsync).WithName("ExportDataset").WithSummary("The dataset as JSONL");
        change.MapPost("", ImportAsync).WithName("CreateDataset").WithSummary("Imports a JSONL body").DisableRequestTimeout().RequireRateLimiting(RateLimits.WholeFiles)
            .WithMetadata(new RequestSizeLimitAttribute(UploadFolder.LongestUpload));
        change.MapDelete("/{id:int}", DeleteAsync).WithName("DeleteDataset").WithSummary("Deletes a dataset");
        change.MapPost("/{id:int}/rows", AddRowAsync).WithName("AddRow").WithSummary("Appends a row");
        change.MapPut("/{id:int}/rows/{rowId:int}", UpdateRowAsync).WithName("UpdateRow").WithSummary("Changes a row");
        change.MapDelete("/{id:int}/rows/{rowId:int}", DeleteRowAsync).WithName("DeleteRow").WithSummary("Deletes a row");
        change.MapPost("/{id:int}/undo", UndoAsync).WithName("UndoEdit").WithSummary("Takes the last edit back");
    }

    private static async Task<IResult> ListAsync(DatasetStore datasets, CancellationToken cancellation) =>
        Results.Json((await datasets.ListAsync(cancellation)).Select(DatasetAnswers.Card));

    private static async Task<IResult> GetAsync(int id, DatasetStore datasets, CancellationToken cancellation) =>
        await datasets.GetAsync(id, cancellation) is { } dataset ? Results.Json(DatasetAnswers.Card(dataset)) : Missing(id);

    private static async Task<IResult> RowsAsync(int id, int? offset, int? limit, string? q, DatasetStore datasets, CancellationToken cancellation)
    {
        if (offset is < 0) return ApiError.BadRequest("offset must not be negative.", "offset");
        if (limit is < 1 or > MostRows) return ApiError.BadRequest($"limit must be between 1 and {MostRows}.", "limit");
        if (await datasets.GetAsync(id, cancellation) is not { } dataset) return Missing(id);
        var page = await datasets.PageAsync(id, offset ?? 0, limit ?? 100, q, cancellation);
        return Results.Json(new { page.Total, Offset = offset ?? 0, Rows = page.Rows.Select(r => DatasetAnswers.Row(r, dataset.Format)) });
    }

    private static async Task<IResult> ExportAsync(int id, string? format, DatasetStore datasets, AuditStore audit, LiveSession session, CancellationToken cancellation)
    {
        if (format is not (null or "jsonl")) return ApiError.BadRequest("format must be jsonl.", "format");
        if (await datasets.GetAsync(id, cancellation) is not { } dataset) return Missing(id);
        await audit.RecordAsync(await session.DemandAsync(LabRight.Train, cancellation), AuditActions.DatasetExport, $"dataset {dataset.Id} {dataset.Name}", cancellationToken: cancellation);
        return Results.Stream(body => datasets.ExportAsync(id, body, cancellation), "application/x-ndjson", DownloadName.Of(dataset.Name, ".jsonl"));
    }

    // The body goes to a file first: it is read twice, and a broken connection must leave nothing half-imported.
    private static async Task<IResult> ImportAsync(
        [AsParameters] ImportQuery query, HttpRequest request, UploadFolder folder, DatasetImport import, LiveSession session, CancellationToken cancellation)
    {
        var settings = query.Settings(null);
        var file = await folder.ReceiveAsync(request.Body, cancellation);
        try
        {
            var actor = await session.DemandAsync(LabRight.Train, cancellation);
            return DatasetAnswers.Imported(settings.Name, await import.RunAsync(actor, file, settings.Name, settings, cancellation));
        }
        catch (BadInputException e)
        {
            return DatasetAnswers.Refused(e);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<IResult> DeleteAsync(int id, DatasetStore datasets, LiveSession session, CancellationToken cancellation) =>
        await datasets.DeleteAsync(await session.DemandAsync(LabRight.Train, cancellation), id, cancellation) ? Results.NoContent() : Missing(id);

    private static async Task<IResult> AddRowAsync(int id, RowRequest row, DatasetStore datasets, LiveSession session, CancellationToken cancellation)
    {
        if (await datasets.GetAsync(id, cancellation) is not { } dataset) return Missing(id);
        var wanted = StoredRows.New(dataset.Format, row.Row(dataset.Format));
        var added = await datasets.AddRowAsync(await session.DemandAsync(LabRight.Train, cancellation), id, wanted, cancellation);
        return Results.Json(DatasetAnswers.Row(added, dataset.Format), statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> UpdateRowAsync(int id, int rowId, RowRequest row, DatasetStore datasets, LiveSession session, CancellationToken cancellation)
    {
        if (await datasets.GetAsync(id, cancellation) is not { } dataset) return Missing(id);
        var wanted = row.Row(dataset.Format);
        var actor = await session.DemandAsync(LabRight.Train, cancellation);
        if (await datasets.GetRowAsync(id, rowId, cancellation) is not { } stored) return MissingRow(rowId);
        try
        {
            var changed = StoredRows.Changed(dataset.Format, stored, wanted);
            if (await datasets.UpdateRowAsync(actor, id, rowId, changed, stored.Line, cancellation) == RowUpdate.Missing) return MissingRow(rowId);
        }
        catch (RowConflictException)
        {
            return ApiError.Conflict($"Row {rowId} was changed by another request at the same moment.");
        }

        return Results.Json(DatasetAnswers.Row((await datasets.GetRowAsync(id, rowId, cancellation))!, dataset.Format));
    }

    private static async Task<IResult> DeleteRowAsync(int id, int rowId, DatasetStore datasets, LiveSession session, CancellationToken cancellation)
    {
        if (await datasets.GetAsync(id, cancellation) is null) return Missing(id);
        var actor = await session.DemandAsync(LabRight.Train, cancellation);
        return await datasets.DeleteRowsAsync(actor, id, [rowId], cancellation) == 1 ? Results.NoContent() : MissingRow(rowId);
    }

    private static async Task<IResult> UndoAsync(int id, DatasetStore datasets, LiveSession session, CancellationToken cancellation)
    {
        if (await datasets.GetAsync(id, cancellation) is null) return Missing(id);
        var undone = await datasets.UndoAsync(await session.DemandAsync(LabRight.Train, cancellation), id, cancellation);
        return Results.Json(new { Undone = undone?.Kind.ToString().ToLowerInvariant(), Rows = undone?.RowCount ?? 0 });
    }

    private static IResult Missing(int id) => ApiError.NotFound($"There is no dataset {id}.", "id");

    private static IResult MissingRow(int id) => ApiError.NotFound($"There is no row {id}.", "row_id");
}
