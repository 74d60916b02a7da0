using System.Text;

namespace R1Lab.Data.Datasets;

/// <summary>Refuses text that the database would change silently.</summary>
internal static class RowText
{
    /// <exception cref="ArgumentException">The text holds half of a UTF-16 pair, which has no UTF-8 form.</exception>
    public static NewRow Checked(NewRow row)
    {
        foreach (var text in new[] { row.Content, row.Search, row.Raw, row.Leading, row.LineEnd })
        {
            if (text is not null && HasLoneSurrogate(text))
                throw new ArgumentException("The text holds half of a character (a lone UTF-16 surrogate), which cannot be stored unchanged.", nameof(row));
        }

        return row;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var index = text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff'); index >= 0 && index < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(index), out _, out var consumed) != System.Buffers.OperationStatus.Done) return true;
            var next = text.AsSpan(index + consumed).IndexOfAnyInRange('\ud800', '\udfff');
            if (next < 0) return false;
            index += consumed + next;
        }

        return false;
    }
}
