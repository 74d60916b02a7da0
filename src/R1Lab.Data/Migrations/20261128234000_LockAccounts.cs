using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace R1Lab.Data.Migrations
{
    /// <summary>Accounts made before, the first administrator among them, are locked for a while after wrong passwords too.</summary>
    [DbContext(typeof(LabDbContext))]
    [Migration("20261128234000_LockAccounts")]
    public partial class LockAccounts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("UPDATE AspNetUsers SET LockoutEnabled = 1");
    }
}
