namespace R1Lab.Data;

/// <summary>The record asked for is not there, or is not the caller's.</summary>
public sealed class RecordNotFoundException(string kind, object key) : Exception($"There is no {kind} {key}.")
{
    public string Kind { get; } = kind;

    public object Key { get; } = key;
}

/// <summary>The record cannot be changed that way: its name is taken, its state forbids it, or something else depends on it.</summary>
public sealed class RecordConflictException(string message) : Exception(message);

/// <summary>The database was written by a newer version of the lab.</summary>
public sealed class NewerDatabaseException(string path, string migration) : Exception(
    $"The database {path} was written by a newer version of R1Lab (it knows \"{migration}\"). Start that version, or restore a backup made by this one.");
