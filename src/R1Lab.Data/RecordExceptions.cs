namespace R1Lab.Data;

/// <summary>The record asked for is not there, or is not the caller's.</summary>
public sealed class RecordNotFoundException(string kind, object key) : Exception($"There is no {kind} {key}.")
{
    public string Kind { get; } = kind;

    public object Key { get; } = key;
}

/// <summary>The record cannot be changed that way: its name is taken, its state forbids it, or something else depends on it.</summary>
public class RecordConflictException(string message) : Exception(message);

/// <summary>The database was written by a newer version of the lab.</summary>
public sealed class NewerDatabaseException(string path, string migration) : Exception(
    $"The database {path} was written by a newer version of R1Lab (it knows \"{migration}\"). Start that version, or restore a backup made by this one.");

/// <summary>The database is damaged, empty or gone. Nothing was changed, and no empty one was put in its place.</summary>
public sealed class DamagedDatabaseException(string path, string fault) : Exception(
    $"The database {path} cannot be used: {fault}. Nothing was changed. Restore a backup (R1Lab.Web backup <file> makes them): put it at {path} and " +
    $"delete {path}-wal and {path}-shm. To start with an empty lab instead, move the whole data folder {System.IO.Path.GetDirectoryName(path)} away first.");
