using R1Lab.Web;
using R1Lab.Web.Storage;

try
{
    PrivateFiles.HideNewFiles();
    if (BackupCommand.IsAskedFor(args)) return await BackupCommand.RunAsync(args);
    var builder = WebApplication.CreateBuilder(LabPlace.Options(args));
    builder.AddLabWeb();

    var app = builder.Build();
    await app.PrepareLabAsync();
    app.UseLabWeb();
    app.MapLab();
    await app.RunAsync();
    return 0;
}
catch (Exception failure) when (LabStart.Explain(failure) is { } reason)
{
    await Console.Error.WriteLineAsync($"R1Lab cannot {(BackupCommand.IsAskedFor(args) ? "make a backup" : "start")}: {reason}");
    return 1;
}

public partial class Program;
