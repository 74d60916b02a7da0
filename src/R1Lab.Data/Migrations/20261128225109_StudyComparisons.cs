using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace R1Lab.Data.Migrations
{
    /// <inheritdoc />
    public partial class StudyComparisons : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "TrainedOn",
                table: "StudyResponses",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Primary",
                table: "Studies",
                type: "TEXT",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "TrainedOn",
                table: "StudyResponses");

            migrationBuilder.DropColumn(
                name: "Primary",
                table: "Studies");
        }
    }
}
