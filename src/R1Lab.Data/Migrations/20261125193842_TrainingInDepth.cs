using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace R1Lab.Data.Migrations
{
    /// <inheritdoc />
    public partial class TrainingInDepth : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Runs_Status_QueuedAt",
                table: "Runs");

            migrationBuilder.AddColumn<int>(
                name: "BestStep",
                table: "Runs",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "PausedFor",
                table: "Runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "QueueOrder",
                table: "Runs",
                type: "REAL",
                nullable: false,
                defaultValue: 0.0);

            // Runs that wait keep their order.
            migrationBuilder.Sql("UPDATE Runs SET QueueOrder = (SELECT COUNT(*) FROM Runs AS earlier WHERE earlier.QueuedAt <= Runs.QueuedAt)");

            migrationBuilder.AddColumn<long>(
                name: "DeviceMemoryBytes",
                table: "RunMetrics",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "DeviceTemperature",
                table: "RunMetrics",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "DeviceUtilization",
                table: "RunMetrics",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "EvalTokenAccuracy",
                table: "RunMetrics",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "LossScale",
                table: "RunMetrics",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "MicroBatchSize",
                table: "RunMetrics",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "SkippedSteps",
                table: "RunMetrics",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "RunProbes",
                columns: table => new
                {
                    RunId = table.Column<int>(type: "INTEGER", nullable: false),
                    Step = table.Column<int>(type: "INTEGER", nullable: false),
                    PromptIndex = table.Column<int>(type: "INTEGER", nullable: false),
                    Prompt = table.Column<string>(type: "TEXT", nullable: false),
                    Thought = table.Column<string>(type: "TEXT", nullable: true),
                    Answer = table.Column<string>(type: "TEXT", nullable: false),
                    ThoughtTokens = table.Column<int>(type: "INTEGER", nullable: false),
                    AnswerTokens = table.Column<int>(type: "INTEGER", nullable: false),
                    Stopped = table.Column<bool>(type: "INTEGER", nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RunProbes", x => new { x.RunId, x.Step, x.PromptIndex });
                    table.ForeignKey(
                        name: "FK_RunProbes_Runs_RunId",
                        column: x => x.RunId,
                        principalTable: "Runs",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "RunRowLosses",
                columns: table => new
                {
                    RunId = table.Column<int>(type: "INTEGER", nullable: false),
                    Epoch = table.Column<int>(type: "INTEGER", nullable: false),
                    RowId = table.Column<int>(type: "INTEGER", nullable: false),
                    Loss = table.Column<double>(type: "REAL", nullable: false),
                    Tokens = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RunRowLosses", x => new { x.RunId, x.Epoch, x.RowId });
                    table.ForeignKey(
                        name: "FK_RunRowLosses_Runs_RunId",
                        column: x => x.RunId,
                        principalTable: "Runs",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Runs_Status_QueueOrder",
                table: "Runs",
                columns: new[] { "Status", "QueueOrder" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "RunProbes");

            migrationBuilder.DropTable(
                name: "RunRowLosses");

            migrationBuilder.DropIndex(
                name: "IX_Runs_Status_QueueOrder",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "BestStep",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "PausedFor",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "QueueOrder",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "DeviceMemoryBytes",
                table: "RunMetrics");

            migrationBuilder.DropColumn(
                name: "DeviceTemperature",
                table: "RunMetrics");

            migrationBuilder.DropColumn(
                name: "DeviceUtilization",
                table: "RunMetrics");

            migrationBuilder.DropColumn(
                name: "EvalTokenAccuracy",
                table: "RunMetrics");

            migrationBuilder.DropColumn(
                name: "LossScale",
                table: "RunMetrics");

            migrationBuilder.DropColumn(
                name: "MicroBatchSize",
                table: "RunMetrics");

            migrationBuilder.DropColumn(
                name: "SkippedSteps",
                table: "RunMetrics");

            migrationBuilder.CreateIndex(
                name: "IX_Runs_Status_QueuedAt",
                table: "Runs",
                columns: new[] { "Status", "QueuedAt" });
        }
    }
}
