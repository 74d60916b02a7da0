using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data;

/// <summary>
/// The one door through which stores write: one write after the other, each in its own immediate transaction on a fresh context.
/// SQLite has one writer anyway; waiting here is fair and cheap, waiting inside SQLite is neither.
/// </summary>
public sealed class WriteQueue(IDbContextFactory<LabDbContext> contexts, TimeProvider time) : IDisposable
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

    /// <summary>The same for a change that somebody asked for: a refusal is rolled back and stays in the audit log.</summary>
    /// <exception cref="NotAllowedException">The write refused the actor.</exception>
    internal async Task<T> RunAsync<T>(Actor actor, Func<LabDbContext, CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(write, cancellationToken);
        }
        catch (NotAllowedException refused)
        {
            await RunAsync((context, token) => NoteAsync(context, actor, refused, token), CancellationToken.None);
            throw;
        }
    }

    /// <inheritdoc cref="RunAsync{T}(Actor, Func{LabDbContext, CancellationToken, Task{T}}, CancellationToken)"/>
    internal Task RunAsync(Actor actor, Func<LabDbContext, CancellationToken, Task> write, CancellationToken cancellationToken) =>
        RunAsync(
            actor,
            async (context, token) =>
            {
                await write(context, token);
                return true;
            },
            cancellationToken);

    private Task NoteAsync(LabDbContext context, Actor actor, NotAllowedException refused, CancellationToken cancellationToken)
    {
        context.Audit(actor, time.Now(), AuditActions.Refused, null, refused.Message);
        return context.SaveChangesAsync(cancellationToken);
    }

    public void Dispose() => _turn.Dispose();
}
