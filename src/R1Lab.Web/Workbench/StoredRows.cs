using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;

namespace R1Lab.Web.Workbench;

/// <summary>Rows of a dataset between the engine, which reads and learns them, and the database, which keeps them.</summary>
public static class StoredRows
{
    /// <summary>The row that is stored.</summary>
    public static DatasetRow Read(DatasetRowEntity stored) => RowContent.Read(stored.Kind == RowKinds.Tokens ? RowKind.Tokens : RowKind.Conversation, stored.Content);

    /// <summary>A row to be stored in a dataset of a format.</summary>
    /// <param name="format">One of <see cref="DatasetFormats"/>.</param>
    /// <param name="raw">Its line in the file; null: written from the row.</param>
    public static NewRow New(string format, DatasetRow row, string? raw = null) =>
        new(RowContent.KindOf(row) == RowKind.Tokens ? RowKinds.Tokens : RowKinds.Conversation, RowContent.Write(row), RowContent.SearchText(row), raw ?? RowLine.Write(FormatOf(format), row));

    /// <summary>The new values of a stored row; fields of its line that are no part of it stay as they are.</summary>
    /// <param name="format">One of <see cref="DatasetFormats"/>.</param>
    public static NewRow Changed(string format, DatasetRowEntity stored, DatasetRow row) =>
        New(format, row, RowLine.Change(FormatOf(format), stored.Line, Read(stored), row));

    private static DatasetFormat FormatOf(string format) => DatasetFormatNames.Parse(format) ?? DatasetFormat.Messages;
}
