using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace R1Lab.Data.Migrations
{
    /// <inheritdoc />
    public partial class RatingRevisions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "EntryAt",
                table: "Assignments",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "EntryClient",
                table: "Assignments",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "EntrySequence",
                table: "Assignments",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<int>(
                name: "Revision",
                table: "Assignments",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "SkipNote",
                table: "Assignments",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "SkipReason",
                table: "Assignments",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "RatingRevisions",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    AssignmentId = table.Column<int>(type: "INTEGER", nullable: false),
                    Number = table.Column<int>(type: "INTEGER", nullable: false),
                    Client = table.Column<string>(type: "TEXT", nullable: false),
                    Sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    FormJson = table.Column<string>(type: "TEXT", nullable: false),
                    SubmittedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    WithdrawnAt = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RatingRevisions", x => x.Id);
                    table.ForeignKey(
                        name: "FK_RatingRevisions_Assignments_AssignmentId",
                        column: x => x.AssignmentId,
                        principalTable: "Assignments",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_RatingRevisions_AssignmentId_Client_Sequence",
                table: "RatingRevisions",
                columns: new[] { "AssignmentId", "Client", "Sequence" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_RatingRevisions_AssignmentId_Number",
                table: "RatingRevisions",
                columns: new[] { "AssignmentId", "Number" },
                unique: true);

            // What was submitted before there were revisions is the first revision; slots are positions in the order shown.
            migrationBuilder.Sql(
                """
                INSERT INTO RatingRevisions (AssignmentId, Number, Client, Sequence, FormJson, SubmittedAt)
                SELECT a.Id, 1, 'before-revisions', 1,
                    json_object(
                        'Scores', (
                            SELECT json_group_array(json_object(
                                'Slot', shown.key, 'Criterion', c."Key", 'Value', s.Value,
                                'IsNotApplicable', json(CASE s.IsNotApplicable WHEN 1 THEN 'true' ELSE 'false' END)))
                            FROM Scores s
                            JOIN Criteria c ON c.Id = s.CriterionId
                            JOIN json_each(a."Order") shown ON shown.value = s.ResponseId
                            WHERE s.AssignmentId = a.Id),
                        'Comment', a.Comment),
                    a.SubmittedAt
                FROM Assignments a WHERE a.State = 'Submitted';
                """);
            migrationBuilder.Sql("UPDATE Assignments SET Revision = 1 WHERE State = 'Submitted';");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "RatingRevisions");

            migrationBuilder.DropColumn(
                name: "EntryAt",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "EntryClient",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "EntrySequence",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "Revision",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "SkipNote",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "SkipReason",
                table: "Assignments");
        }
    }
}
