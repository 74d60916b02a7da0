using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace R1Lab.Data.Migrations
{
    /// <inheritdoc />
    public partial class Ownership : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "OwnerId",
                table: "Models",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "OwnerName",
                table: "Models",
                type: "TEXT",
                nullable: true);

            // What a run made belongs to the owner of the run; folders that were only registered keep no owner.
            migrationBuilder.Sql(
                """
                UPDATE Models SET
                    OwnerId = (SELECT OwnerId FROM Runs WHERE Runs.Id = Models.RunId),
                    OwnerName = (SELECT OwnerName FROM Runs WHERE Runs.Id = Models.RunId)
                WHERE RunId IS NOT NULL
                """);

            migrationBuilder.CreateTable(
                name: "EndedSessions",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    EndedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_EndedSessions", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_EndedSessions_EndedAt",
                table: "EndedSessions",
                column: "EndedAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "EndedSessions");

            migrationBuilder.DropColumn(
                name: "OwnerId",
                table: "Models");

            migrationBuilder.DropColumn(
                name: "OwnerName",
                table: "Models");
        }
    }
}
