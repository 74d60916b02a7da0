using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace R1Lab.Data.Migrations
{
    /// <summary>
    /// The numbers of a logged step become rows, one per number; what identifies the step stays in a table of its own. Every number is
    /// kept: a column that could be
    /// NULL gives no row where it was, and 0 stays 0. Both tables are their primary key (WITHOUT ROWID), which EF Core has no words for.
    /// </summary>
    public partial class RunMetricsAsRows : Migration
    {
        // In the order of the keys, so that rows are appended to the new table.
        private static readonly (string Column, string Key, string Type)[] Columns =
        [
            ("DeviceMemoryBytes", "device_memory_bytes", "INTEGER NULL"),
            ("DeviceTemperature", "device_temperature", "REAL NULL"),
            ("DeviceUtilization", "device_utilization", "REAL NULL"),
            ("EvalLoss", "eval_loss", "REAL NULL"),
            ("EvalTokenAccuracy", "eval_token_accuracy", "REAL NULL"),
            ("GradNorm", "grad_norm", "REAL NULL"),
            ("LearningRate", "learning_rate", "REAL NOT NULL DEFAULT 0.0"),
            ("Loss", "loss", "REAL NULL"),
            ("LossScale", "loss_scale", "REAL NULL"),
            ("MemoryBytes", "memory_bytes", "INTEGER NOT NULL DEFAULT 0"),
            ("MicroBatchSize", "micro_batch_size", "INTEGER NOT NULL DEFAULT 0"),
            ("SecondsPerStep", "seconds_per_step", "REAL NOT NULL DEFAULT 0.0"),
            ("SkippedSteps", "skipped_steps", "INTEGER NOT NULL DEFAULT 0"),
            ("TokensPerSecond", "tokens_per_second", "REAL NOT NULL DEFAULT 0.0"),
        ];

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.RenameTable(name: "RunMetrics", newName: "RunMetricColumns");
            migrationBuilder.Sql(
                """
                CREATE TABLE "RunSteps" (
                    "RunId" INTEGER NOT NULL,
                    "Step" INTEGER NOT NULL,
                    "TotalSteps" INTEGER NOT NULL,
                    "Epoch" REAL NOT NULL,
                    "At" INTEGER NOT NULL,
                    CONSTRAINT "PK_RunSteps" PRIMARY KEY ("RunId", "Step"),
                    CONSTRAINT "FK_RunSteps_Runs_RunId" FOREIGN KEY ("RunId") REFERENCES "Runs" ("Id") ON DELETE CASCADE
                ) WITHOUT ROWID;
                CREATE TABLE "RunMetrics" (
                    "RunId" INTEGER NOT NULL,
                    "Key" TEXT NOT NULL,
                    "Step" INTEGER NOT NULL,
                    "Value" REAL NOT NULL,
                    CONSTRAINT "PK_RunMetrics" PRIMARY KEY ("RunId", "Key", "Step"),
                    CONSTRAINT "FK_RunMetrics_Runs_RunId" FOREIGN KEY ("RunId") REFERENCES "Runs" ("Id") ON DELETE CASCADE
                ) WITHOUT ROWID;
                INSERT INTO "RunSteps" ("RunId", "Step", "TotalSteps", "Epoch", "At")
                    SELECT "RunId", "Step", "TotalSteps", "Epoch", "At" FROM "RunMetricColumns" ORDER BY "RunId", "Step";
                """);
            foreach (var (column, key, _) in Columns)
            {
                migrationBuilder.Sql(
                    $"""
                    INSERT INTO "RunMetrics" ("RunId", "Key", "Step", "Value")
                        SELECT "RunId", '{key}', "Step", "{column}" FROM "RunMetricColumns"
                        WHERE "{column}" IS NOT NULL ORDER BY "RunId", "Step";
                    """);
            }

            migrationBuilder.DropTable(name: "RunMetricColumns");
        }

        /// <summary>Numbers that had no column are lost.</summary>
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.RenameTable(name: "RunMetrics", newName: "RunMetricRows");
            migrationBuilder.Sql(
                $"""
                CREATE TABLE "RunMetrics" (
                    "RunId" INTEGER NOT NULL,
                    "Step" INTEGER NOT NULL,
                    "TotalSteps" INTEGER NOT NULL,
                    "Epoch" REAL NOT NULL,
                    "At" INTEGER NOT NULL,
                    {string.Join(", ", Columns.Select(column => $"\"{column.Column}\" {column.Type}"))},
                    CONSTRAINT "PK_RunMetrics" PRIMARY KEY ("RunId", "Step"),
                    CONSTRAINT "FK_RunMetrics_Runs_RunId" FOREIGN KEY ("RunId") REFERENCES "Runs" ("Id") ON DELETE CASCADE
                );
                INSERT INTO "RunMetrics" ("RunId", "Step", "TotalSteps", "Epoch", "At")
                    SELECT "RunId", "Step", "TotalSteps", "Epoch", "At" FROM "RunSteps";
                """);
            foreach (var (column, key, _) in Columns)
            {
                migrationBuilder.Sql(
                    $"""
                    UPDATE "RunMetrics" SET "{column}" = found."Value" FROM "RunMetricRows" AS found
                        WHERE found."RunId" = "RunMetrics"."RunId" AND found."Key" = '{key}' AND found."Step" = "RunMetrics"."Step";
                    """);
            }

            migrationBuilder.DropTable(name: "RunMetricRows");
            migrationBuilder.DropTable(name: "RunSteps");
        }
    }
}
