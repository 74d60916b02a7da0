using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace R1Lab.Data.Runs;

/// <summary>Writes logged steps and their numbers by two prepared commands inside the context's transaction, and deletes them.</summary>
internal static class RunStepWriter
{
    private const string UpsertStep =
        """
        INSERT INTO RunSteps (RunId, Step, TotalSteps, Epoch, At) VALUES (@RunId, @Step, @TotalSteps, @Epoch, @At)
        ON CONFLICT (RunId, Step) DO UPDATE SET TotalSteps = excluded.TotalSteps, Epoch = excluded.Epoch, At = excluded.At
        """;

    private const string UpsertMetric =
        """
        INSERT INTO RunMetrics (RunId, Key, Step, Value) VALUES (@RunId, @Key, @Step, @Value)
        ON CONFLICT (RunId, Key, Step) DO UPDATE SET Value = excluded.Value
        """;

    /// <summary>Numbers of a step already there are merged: what is new replaces, what is missing keeps.</summary>
    public static async Task WriteAsync(
        LabDbContext context, int runId, IReadOnlyList<RunStep> steps, CancellationToken cancellationToken)
    {
        await using var stepCommand = Command(context, UpsertStep, "@RunId", "@Step", "@TotalSteps", "@Epoch", "@At");
        await using var metricCommand = Command(context, UpsertMetric, "@RunId", "@Key", "@Step", "@Value");
        foreach (var step in steps)
        {
            object[] place = [runId, step.Step, step.TotalSteps, step.Epoch, step.At.ToUnixTimeMilliseconds()];
            await ExecuteAsync(stepCommand, place, cancellationToken);
            // SQLite cannot hold NaN. The event that stops such a run names it.
            foreach (var (key, value) in step.Values.Where(metric => !double.IsNaN(metric.Value)))
                await ExecuteAsync(metricCommand, [runId, key, step.Step, value], cancellationToken);
        }
    }

    /// <summary>Deletes the steps behind <paramref name="step"/> with their numbers.</summary>
    public static async Task DeleteAfterAsync(LabDbContext context, int runId, int step, CancellationToken cancellationToken)
    {
        await context.RunSteps.Where(logged => logged.RunId == runId && logged.Step > step).ExecuteDeleteAsync(cancellationToken);
        // Key by key the primary key leads to the rows; without the key all numbers of the run would be read.
        foreach (var key in await RunStepReader.KeysAsync(context, runId, cancellationToken))
        {
            await context.RunMetrics.Where(metric => metric.RunId == runId && metric.Key == key && metric.Step > step)
                .ExecuteDeleteAsync(cancellationToken);
        }
    }

    private static DbCommand Command(LabDbContext context, string text, params string[] names)
    {
        var command = context.Database.GetDbConnection().CreateCommand();
        command.Transaction = context.Database.CurrentTransaction!.GetDbTransaction();
        command.CommandText = text;
        foreach (var name in names)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static Task ExecuteAsync(DbCommand command, object[] values, CancellationToken cancellationToken)
    {
        for (var index = 0; index < values.Length; index++) command.Parameters[index].Value = values[index];
        return command.ExecuteNonQueryAsync(cancellationToken);
    }
}
