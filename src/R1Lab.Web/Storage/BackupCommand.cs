using R1Lab.Data;
using R1Lab.Web.Options;

namespace R1Lab.Web.Storage;

/// <summary><c>R1Lab.Web backup &lt;file&gt;</c>: a copy of the database, taken beside a running lab.</summary>
public static class BackupCommand
{
    private const string Name = "backup";

    public static bool IsAskedFor(string[] args) => args is [Name, ..];

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [_, { Length: > 0 } file, ..] || file.StartsWith('-'))
        {
            await Console.Error.WriteLineAsync($"Usage: R1Lab.Web {Name} <file>");
            return 2;
        }

        var lab = WebApplication.CreateBuilder(LabPlace.Options(args[2..])).AddLabOptions();
        await using var services = new ServiceCollection().AddLabData(lab.DatabasePath).BuildServiceProvider();
        var target = Path.GetFullPath(file);
        await services.GetRequiredService<LabDatabase>().BackupAsync(target);
        Console.WriteLine($"Copied the database {lab.DatabasePath} to {target} ({new FileInfo(target).Length} bytes).");
        return 0;
    }
}
