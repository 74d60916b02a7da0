namespace R1Lab.Data;

internal static class MillisecondClock
{
    /// <summary>Now, cut to what the database keeps, so that a record just made equals the same record read back.</summary>
    public static DateTimeOffset Now(this TimeProvider time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
