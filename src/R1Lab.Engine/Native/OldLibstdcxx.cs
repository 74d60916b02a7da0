using System.Buffers.Binary;
using System.Text;

namespace R1Lab.Engine.Native;

/// <summary>
/// Makes TorchSharp's native library load where libstdc++ is older than GCC 13 (Debian 12, Ubuntu 22.04). The library asks for
/// version GLIBCXX_3.4.32, but no relocation uses the one symbol that carries it, so the need may be marked weak
/// (<c>VER_FLG_WEAK</c> in the ELF <c>.gnu.version_r</c> section). The package stays untouched: a private copy is marked and loaded.
/// </summary>
internal static class OldLibstdcxx
{
    private const string MissingVersion = "GLIBCXX_3.4.32";
    private const uint VersionNeedSection = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort WeakFlag = 0x2;                // VER_FLG_WEAK

    /// <returns>The library's bytes, doing without the version; null where it does not ask for it.</returns>
    public static byte[]? RelaxedImage(string library)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var image = File.ReadAllBytes(library);
        return MarkWeak(image, MissingVersion) == 0 ? null : image;
    }

    /// <summary>Sets the weak flag on every need of <paramref name="version"/> in a 64-bit little-endian ELF image; returns how many there were.</summary>
    internal static int MarkWeak(byte[] image, string version)
    {
        var elf = new ElfReader(image);
        var marked = 0;
        foreach (var section in elf.Sections().Where(s => elf.U32(s + 4) == VersionNeedSection))
        {
            var names = (long)elf.U64(elf.Section(elf.U32(section + 0x28)) + 0x18);
            foreach (var need in elf.Chain((long)elf.U64(section + 0x18), nextAt: 12))
            {
                foreach (var entry in elf.Chain(need + elf.U32(need + 8), nextAt: 12))
                {
                    if (elf.Text(names + elf.U32(entry + 8)) != version) continue;
                    elf.SetU16(entry + 4, (ushort)(elf.U16(entry + 4) | WeakFlag));
                    marked++;
                }
            }
        }

        return marked;
    }

    private sealed class ElfReader(byte[] image)
    {
        private long SectionTable => (long)U64(0x28);

        public ushort U16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan((int)at));

        public uint U32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan((int)at));

        public ulong U64(long at) => BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan((int)at));

        public void SetU16(long at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan((int)at), value);

        public long Section(uint index) => SectionTable + index * U16(0x3A);

        public IEnumerable<long> Sections() => Enumerable.Range(0, U16(0x3C)).Select(i => Section((uint)i));

        // Verneed and Vernaux are linked lists by relative offset; 0 ends them.
        public IEnumerable<long> Chain(long at, int nextAt)
        {
            for (; ; )
            {
                yield return at;
                var next = U32(at + nextAt);
                if (next == 0) yield break;
                at += next;
            }
        }

        public string Text(long at)
        {
            var end = Array.IndexOf(image, (byte)0, (int)at);
            return Encoding.ASCII.GetString(image, (int)at, end - (int)at);
        }
    }
}
