using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace R1Lab.Data.Datasets;

/// <summary>Inserts many rows by one prepared command inside the context's transaction.</summary>
internal static class DatasetRowWriter
{
    private static readonly string[] Columns =
        ["DatasetId", "Position", "Kind", "Content", "Search", "Raw", "Leading", "LineEnd"];

    public static async Task InsertAsync(
        LabDbContext context, Dataset dataset, int firstPosition, IReadOnlyList<NewRow> rows, CancellationToken cancellationToken)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.Transaction = context.Database.CurrentTransaction!.GetDbTransaction();
        command.CommandText =
            $"INSERT INTO DatasetRows ({string.Join(", ", Columns)}) VALUES ({string.Join(", ", Columns.Select(column => "@" + column))})";
        var parameters = Array.ConvertAll(Columns, column => AddParameter(command, column));
        await command.PrepareAsync(cancellationToken);
        for (var index = 0; index < rows.Count; index++)
        {
            Fill(parameters, dataset, firstPosition + index, rows[index]);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static DbParameter AddParameter(DbCommand command, string name)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = "@" + name;
        command.Parameters.Add(parameter);
        return parameter;
    }

    private static void Fill(DbParameter[] parameters, Dataset dataset, int position, NewRow row)
    {
        object?[] values = [dataset.Id, position, row.Kind, row.Content, row.Search, row.OwnLine, row.Leading, row.LineEnd];
        for (var column = 0; column < values.Length; column++) parameters[column].Value = values[column] ?? DBNull.Value;
    }
}
