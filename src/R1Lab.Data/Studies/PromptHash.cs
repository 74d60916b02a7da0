using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace R1Lab.Data.Studies;

/// <summary>A number by which a prompt is found again among training rows, whichever way it is spaced, cased or typed.</summary>
internal static class PromptHash
{
    /// <summary>
    /// Case, white space, invisible characters, full-width forms and a final full stop or question mark do not count. Null where nothing is
    /// left. Operators stay: 1+1 is not 1-1.
    /// </summary>
    public static long? Of(string prompt)
    {
        var text = new StringBuilder(prompt.Length);
        foreach (var letter in prompt)
        {
            var plain = Narrow(letter);
            if (!char.IsWhiteSpace(plain) && !char.IsControl(plain) && char.GetUnicodeCategory(plain) != System.Globalization.UnicodeCategory.Format)
                text.Append(char.ToLowerInvariant(plain));
        }

        var ends = text.ToString().TrimEnd('.', '?', '!', '。', ':');
        if (ends.Length == 0) return null;
        return BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(ends)));
    }

    private static char Narrow(char letter) => letter is >= '！' and <= '～' ? (char)(letter - '！' + '!') : letter;
}
