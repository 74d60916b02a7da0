using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace R1Lab.Data.Runs;

/// <summary>Writes many row losses by one prepared command inside the context's transaction; a pass made again replaces what it said before.</summary>
internal static class RunRowLossWriter
{
    private const string Upsert =
        """
        INSERT INTO RunRowLosses (RunId, Epoch, RowId, Loss, Tokens) VALUES (@RunId, @Epoch, @RowId, @Loss, @Tokens)
        ON CONFLICT (RunId, Epoch, RowId) DO UPDATE SET Loss = excluded.Loss, Tokens = excluded.Tokens
        """;

    private static readonly string[] Columns = ["@RunId", "@Epoch", "@RowId", "@Loss", "@Tokens"];

    public static async Task WriteAsync(LabDbContext context, int runId, IEnumerable<RunRowLoss> losses, CancellationToken cancellationToken)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.Transaction = context.Database.CurrentTransaction!.GetDbTransaction();
        command.CommandText = Upsert;
        var parameters = Array.ConvertAll(Columns, column => AddParameter(command, column));
        await command.PrepareAsync(cancellationToken);
        foreach (var loss in losses)
        {
            object[] values = [runId, loss.Epoch, loss.RowId, loss.Loss, loss.Tokens];
            for (var column = 0; column < values.Length; column++) parameters[column].Value = values[column];
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static DbParameter AddParameter(DbCommand command, string name)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        command.Parameters.Add(parameter);
        return parameter;
    }
}
