using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data;

/// <summary>
/// The one door through which stores write: one write after the other, each in its own immediate transaction on a fresh context.
/// SQLite has one writer anyway; waiting here is fair and cheap, waiting inside SQLite is neither.
/// </summary>
public sealed class WriteQueue(IDbContextFactory<LabDbContext> contexts) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Runs <paramref name="write"/> in a transaction and commits it; any exception rolls everything back.</summary>
    public async Task<T> RunAsync<T>(Func<LabDbContext, CancellationToken, Task<T>> write, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            // Microsoft.Data.Sqlite begins transactions IMMEDIATE unless told otherwise.
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            var result = await write(context, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task RunAsync(Func<LabDbContext, CancellationToken, Task> write, CancellationToken cancellationToken = default) =>
        RunAsync(
            async (context, token) =>
            {
                await write(context, token);
                return true;
            },
            cancellationToken);

    public void Dispose() => _turn.Dispose();
}
