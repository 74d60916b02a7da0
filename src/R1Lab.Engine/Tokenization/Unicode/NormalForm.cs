using System.Text;

namespace R1Lab.Engine.Tokenization.Unicode;

/// <summary>The form in which texts are compared: characters that look the same are the same.</summary>
public static class NormalForm
{
    /// <summary>Normal form C: composed characters. The same on every machine, with or without ICU.</summary>
    public static string Composed(string text) => UnicodeNormalizer.Normalize(text, NormalizationForm.FormC);
}
