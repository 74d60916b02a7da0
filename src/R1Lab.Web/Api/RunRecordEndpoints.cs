using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Training;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Training;

namespace R1Lab.Web.Api;

/// <summary><c>/api/v1/runs/{id}</c>, what a run wrote down: answers to probe prompts, losses of rows, and its receipt.</summary>
public static class RunRecordEndpoints
{
    private const int MostRows = 10_000;

    public static void MapRunRecords(this IEndpointRouteBuilder app)
    {
        var run = app.MapGroup("/api/v1/runs/{id:int}").WithTags("Runs").RequireAuthorization(LabPolicies.CanView);
        run.MapGet("/probes", ProbesAsync).WithName("GetRunProbes").Produces<IReadOnlyList<RunProbeView>>()
            .WithSummary("Answers to the recipe's probe prompts, by step and prompt; step 0 is the base");
        run.MapGet("/rows", RowsAsync).WithName("GetRunRows").Produces<RunLedgerView>()
            .WithSummary("Loss of every row over the passes; sort is never_learned, memorised, improved, worse or row; verdict keeps one kind");
        run.MapGet("/receipt", ReceiptAsync).WithName("GetRunReceipt").Produces<RunReceipt>(contentType: "application/json").Produces<ApiError>(StatusCodes.Status404NotFound)
            .WithSummary("What the run was made from and what came of it, to compare it with another or to repeat it");
        run.MapGet("/receipt/diff", DifferenceAsync).WithName("CompareRunReceipts").Produces<ReceiptComparison>().Produces<ApiError>(StatusCodes.Status404NotFound)
            .WithSummary("Everything in which the receipts of this run and of another differ, causes first");
    }

    private static async Task<IResult> DifferenceAsync(int id, RunStore runs, RunReceipts receipts, CancellationToken cancellationToken, int? other = null)
    {
        if (other is not { } second) return ApiError.BadRequest("Name the other run: ?other=ID.", "other");
        foreach (var one in new[] { id, second })
        {
            if (await runs.GetAsync(one, cancellationToken) is null) return RunEndpoints.Missing(one);
            if (receipts.Find(one) is null) return NoReceipt(one);
        }

        return Results.Ok(ReceiptComparison.Of(receipts.Find(id)!, receipts.Find(second)!));
    }

    private static ApiErrorAnswer NoReceipt(int id) => ApiError.NotFound($"Run {id} has no receipt: it never began.", "id");

    private static async Task<IResult> ReceiptAsync(int id, RunStore runs, RunReceipts receipts, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(id, cancellationToken) is null) return RunEndpoints.Missing(id);
        return receipts.Find(id) is { } receipt ? Results.Text(receipt.ToJson(), "application/json") : NoReceipt(id);
    }

    private static async Task<IResult> ProbesAsync(int id, RunStore runs, CancellationToken cancellationToken, int since_step = -1) =>
        await runs.GetAsync(id, cancellationToken) is null
            ? RunEndpoints.Missing(id)
            : Results.Ok((await runs.ProbesAsync(id, since_step, cancellationToken)).Select(RunProbeView.Of));

    private static async Task<IResult> RowsAsync(
        int id, RunStore runs, CancellationToken cancellationToken, string sort = "never_learned", string? verdict = null, int offset = 0, int limit = 100)
    {
        if (SnakeCase.Parse<LedgerOrder>(sort) is not { } order) return Unknown<LedgerOrder>("sort");
        if (verdict is not null && SnakeCase.Parse<RowVerdict>(verdict) is null) return Unknown<RowVerdict>("verdict");
        if (offset < 0) return ApiError.BadRequest("offset must not be negative.", "offset");
        if (limit is < 1 or > MostRows) return ApiError.BadRequest($"limit must be between 1 and {MostRows}.", "limit");
        if (await runs.GetAsync(id, cancellationToken) is null) return RunEndpoints.Missing(id);

        var ledger = await runs.LedgerAsync(id, cancellationToken);
        var (rows, total) = ledger.Page(order, verdict is null ? null : SnakeCase.Parse<RowVerdict>(verdict), offset, limit);
        var texts = await runs.RowTextsAsync(id, [.. rows.Select(row => row.RowId)], cancellationToken);
        return Results.Ok(RunLedgerView.Of(ledger, total, offset, rows.Select(row => RunRowView.Of(row, texts.GetValueOrDefault(row.RowId)))));
    }

    private static ApiErrorAnswer Unknown<T>(string field) where T : struct, Enum =>
        ApiError.BadRequest($"{field} must be one of: {string.Join(", ", SnakeCase.Names<T>())}.", field);
}
