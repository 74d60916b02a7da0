namespace R1Lab.Engine.Checkpoints;

/// <summary>Gives leases back that somebody waits for: by then the mapped file is in memory of its own. One thread for all files, started with the first of them.</summary>
internal static class LeaseWatch
{
    // Far below the 45 seconds after which Linux takes a lease by force.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private static readonly Lock Gate = new();
    private static readonly List<MappedFile> Watched = [];
    private static bool _isRunning;

    public static void Add(MappedFile file)
    {
        lock (Gate)
        {
            Watched.Add(file);
            if (_isRunning) return;
            _isRunning = true;
            new Thread(Run) { IsBackground = true, Name = "file leases" }.Start();
        }
    }

    public static void Remove(MappedFile file)
    {
        lock (Gate) Watched.Remove(file);
    }

    private static void Run()
    {
        while (Next() is { } files)
        {
            foreach (var file in files) file.LeaveIfWanted();
            Thread.Sleep(Interval);
        }
    }

    /// <summary>Null ends the thread: no file is left.</summary>
    private static List<MappedFile>? Next()
    {
        lock (Gate)
        {
            _isRunning = Watched.Count > 0;
            return _isRunning ? [.. Watched] : null;
        }
    }
}
