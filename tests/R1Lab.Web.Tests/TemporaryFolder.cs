using Microsoft.Data.Sqlite;

namespace R1Lab.Web.Tests;

/// <summary>A folder that goes away with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private const int MostAttempts = 8;

    public string Path { get; } = Directory.CreateTempSubdirectory("r1lab-test-").FullName;

    // What a page began may still close its files: a folder that fills again is emptied again.
    public void Dispose()
    {
        for (var attempt = 1; Directory.Exists(Path); attempt++)
        {
            SqliteConnection.ClearAllPools();
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (attempt < MostAttempts)
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(50 * attempt));
            }
        }
    }
}
