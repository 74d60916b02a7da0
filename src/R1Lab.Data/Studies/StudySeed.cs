using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace R1Lab.Data.Studies;

internal static class StudySeed
{
    /// <summary>A number that depends on the study's seed and the parts only: the same on every machine and in every year.</summary>
    public static int For(int studySeed, params object[] parts)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{studySeed}|{string.Join('|', parts)}");
        return BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))) & int.MaxValue;
    }
}
