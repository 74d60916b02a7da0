using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace R1Lab.Data.Migrations
{
    /// <inheritdoc />
    public partial class RowContent : Migration
    {
        private static readonly string[] Tables = ["DatasetRows", "DatasetEditRows"];

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Content",
                table: "DatasetRows",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "Content",
                table: "DatasetEditRows",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            // Every row as the one form in which rows are stored from here on; the line it came from stays as it is.
            foreach (var table in Tables)
            {
                migrationBuilder.Sql(
                    $$"""
                    UPDATE {{table}} SET
                        Content = json_object('messages', json_array(json_object('role', 'user', 'content', Prompt), json_object('role', 'assistant', 'content', Response))),
                        Response = Prompt || char(10) || Response,
                        Prompt = 'conversation'
                    WHERE InputIds IS NULL;
                    UPDATE {{table}} SET
                        Content = '{"input_ids":' || json(InputIds) || ',"labels":' || json(COALESCE(Labels, InputIds)) || '}',
                        Response = '{"input_ids":' || json(InputIds) || ',"labels":' || json(COALESCE(Labels, InputIds)) || '}',
                        Prompt = 'tokens'
                    WHERE InputIds IS NOT NULL;
                    """);
            }

            migrationBuilder.DropColumn(
                name: "InputIds",
                table: "DatasetRows");

            migrationBuilder.DropColumn(
                name: "Labels",
                table: "DatasetRows");

            migrationBuilder.DropColumn(
                name: "InputIds",
                table: "DatasetEditRows");

            migrationBuilder.DropColumn(
                name: "Labels",
                table: "DatasetEditRows");

            migrationBuilder.RenameColumn(
                name: "Response",
                table: "DatasetRows",
                newName: "Search");

            migrationBuilder.RenameColumn(
                name: "Prompt",
                table: "DatasetRows",
                newName: "Kind");

            migrationBuilder.RenameColumn(
                name: "Response",
                table: "DatasetEditRows",
                newName: "Search");

            migrationBuilder.RenameColumn(
                name: "Prompt",
                table: "DatasetEditRows",
                newName: "Kind");

            migrationBuilder.AlterColumn<string>(
                name: "Raw",
                table: "DatasetRows",
                type: "TEXT",
                nullable: true,
                oldClrType: typeof(string),
                oldType: "TEXT");

            migrationBuilder.AlterColumn<string>(
                name: "Raw",
                table: "DatasetEditRows",
                type: "TEXT",
                nullable: true,
                oldClrType: typeof(string),
                oldType: "TEXT");

        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "InputIds",
                table: "DatasetRows",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Labels",
                table: "DatasetRows",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "InputIds",
                table: "DatasetEditRows",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Labels",
                table: "DatasetEditRows",
                type: "TEXT",
                nullable: true);

            // Of a conversation only the first question and the last answer have a place in the older form.
            foreach (var table in Tables)
            {
                migrationBuilder.Sql(
                    $$"""
                    UPDATE {{table}} SET Raw = COALESCE(Raw, Content);
                    UPDATE {{table}} SET
                        InputIds = json_extract(Content, '$.input_ids'), Labels = json_extract(Content, '$.labels'), Kind = '', Search = ''
                    WHERE Kind = 'tokens';
                    UPDATE {{table}} SET
                        Kind = COALESCE((SELECT json_extract(value, '$.content') FROM json_each(Content, '$.messages') WHERE json_extract(value, '$.role') = 'user' LIMIT 1), ''),
                        Search = COALESCE(json_extract(Content, '$.messages[#-1].content'), '')
                    WHERE Kind = 'conversation';
                    """);
            }

            migrationBuilder.DropColumn(
                name: "Content",
                table: "DatasetRows");

            migrationBuilder.DropColumn(
                name: "Content",
                table: "DatasetEditRows");

            migrationBuilder.RenameColumn(
                name: "Search",
                table: "DatasetRows",
                newName: "Response");

            migrationBuilder.RenameColumn(
                name: "Kind",
                table: "DatasetRows",
                newName: "Prompt");

            migrationBuilder.RenameColumn(
                name: "Search",
                table: "DatasetEditRows",
                newName: "Response");

            migrationBuilder.RenameColumn(
                name: "Kind",
                table: "DatasetEditRows",
                newName: "Prompt");

            migrationBuilder.AlterColumn<string>(
                name: "Raw",
                table: "DatasetRows",
                type: "TEXT",
                nullable: false,
                defaultValue: "",
                oldClrType: typeof(string),
                oldType: "TEXT",
                oldNullable: true);

            migrationBuilder.AlterColumn<string>(
                name: "Raw",
                table: "DatasetEditRows",
                type: "TEXT",
                nullable: false,
                defaultValue: "",
                oldClrType: typeof(string),
                oldType: "TEXT",
                oldNullable: true);

        }
    }
}
