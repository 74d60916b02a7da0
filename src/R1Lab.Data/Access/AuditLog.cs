namespace R1Lab.Data.Access;

/// <summary>Entries of the audit log inside the transaction of the change they describe.</summary>
internal static class AuditLog
{
    /// <summary>Adds an entry; it is stored with the next save.</summary>
    public static void Audit(this LabDbContext context, Actor actor, DateTimeOffset at, string action, string? subject = null, string? detail = null) =>
        context.Add(actor.Did(at, action, subject, detail));
}
