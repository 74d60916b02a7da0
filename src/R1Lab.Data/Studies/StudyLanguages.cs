namespace R1Lab.Data.Studies;

internal static class StudyLanguages
{
    public static bool IsChinese(string? language) => language?.StartsWith("zh", StringComparison.OrdinalIgnoreCase) == true;
}

/// <summary>What raters call the answers: 甲 乙 丙 ... or A B C ...</summary>
public static class SlotLabel
{
    private const string Stems = "甲乙丙丁戊己庚辛壬癸";

    public static string Text(int slot, string? language)
    {
        if (StudyLanguages.IsChinese(language) && slot < Stems.Length) return Stems[slot].ToString();
        return slot < 26 ? ((char)('A' + slot)).ToString() : $"A{slot + 1}";
    }
}
