using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace R1Lab.Tests.Shared.Desk;

/// <summary>The lab's database file, for what no page shows: raters made at once, and what is stored of their forms.</summary>
internal sealed class DeskRecords(string dataFolder)
{
    private readonly string _file = Path.Combine(dataFolder, "r1lab.db");

    /// <summary>Adds raters who sign in with the password of the user <paramref name="like"/>.</summary>
    public void AddRaters(string like, IEnumerable<string> names)
    {
        using var connection = Open(SqliteOpenMode.ReadWrite);
        var columns = Read(connection, "SELECT name FROM pragma_table_info('AspNetUsers')", row => row.GetString(0));
        foreach (var name in names)
        {
            var values = columns.Select(column => column switch
            {
                "Id" => "$id",
                "UserName" or "DisplayName" => "$name",
                "NormalizedUserName" => "upper($name)",
                "SecurityStamp" or "ConcurrencyStamp" => "hex(randomblob(16))",
                _ => $"\"{column}\"",
            });
            Run(
                connection,
                $"""
                INSERT INTO AspNetUsers ({string.Join(", ", columns.Select(column => $"\"{column}\""))})
                SELECT {string.Join(", ", values)} FROM AspNetUsers WHERE UserName = $like;
                INSERT INTO AspNetUserRoles (UserId, RoleId) SELECT $id, Id FROM AspNetRoles WHERE Name = 'Rater';
                """,
                ("$id", Guid.NewGuid().ToString()), ("$name", name), ("$like", like));
        }
    }

    /// <summary>The submitted forms of a rater by prompt, as results and exports count them.</summary>
    public Dictionary<string, RatedForm> Submitted(string rater)
    {
        using var connection = Open(SqliteOpenMode.ReadOnly);
        const string query =
            """
            SELECT i.Prompt, a.Comment, (
                SELECT json_group_object(shown.key || '/' || c."Key", s.Value)
                FROM Scores s JOIN Criteria c ON c.Id = s.CriterionId JOIN json_each(a."Order") shown ON shown.value = s.ResponseId
                WHERE s.AssignmentId = a.Id)
            FROM Assignments a JOIN StudyItems i ON i.Id = a.ItemId
            WHERE a.RaterName = $rater AND a.State = 'Submitted'
            """;
        var forms = Read(
            connection,
            query,
            row => new RatedForm(
                row.GetString(0), JsonSerializer.Deserialize<Dictionary<string, int?>>(row.GetString(2))!, row.IsDBNull(1) ? null : row.GetString(1)),
            ("$rater", rater));
        return forms.ToDictionary(form => form.Prompt);
    }

    public long Count(string query)
    {
        using var connection = Open(SqliteOpenMode.ReadOnly);
        return Read(connection, query, row => row.GetInt64(0)).Single();
    }

    private SqliteConnection Open(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _file, Mode = mode, Pooling = false, DefaultTimeout = 60 }.ToString());
        connection.Open();
        return connection;
    }

    private static void Run(SqliteConnection connection, string sql, params (string Name, string Value)[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        command.ExecuteNonQuery();
    }

    private static List<T> Read<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params (string Name, string Value)[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, (string Name, string Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }
}
