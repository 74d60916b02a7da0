using System.Text;
using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Turns one sound JSON object into a row of the asked format, or says which field keeps it from being one.</summary>
internal static class RowReader
{
    public static DatasetRow? Read(ReadOnlyMemory<byte> line, DatasetFormat format, out Fault? fault)
    {
        var reader = RowFormats.Of(format);
        using var document = JsonDocument.Parse(line);
        try
        {
            fault = RowKeys.Refusal(document.RootElement) ?? (RowKeys.IsLearned(document.RootElement) ? null : Fault.Of("row_not_learned", $"the row is marked as not to be learned"));
            if (fault is not null) return null;
            var row = reader.Read(document.RootElement);
            return row with
            {
                Raw = Encoding.UTF8.GetString(line.Span),
                Ignored = [.. row.Ignored, .. RowKeys.Unknown(document.RootElement, [.. reader.Required, .. reader.Optional])],
            };
        }
        catch (RowFieldException e)
        {
            fault = e.Fault;
            return null;
        }
    }
}
