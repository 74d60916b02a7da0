using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace R1Lab.Data;

/// <summary>Lets <c>dotnet ef migrations add</c> build the context without the web room.</summary>
internal sealed class LabDbContextDesign : IDesignTimeDbContextFactory<LabDbContext>
{
    public LabDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<LabDbContext>();
        DataServices.Configure(options, "design.db");
        return new LabDbContext(options.Options);
    }
}
