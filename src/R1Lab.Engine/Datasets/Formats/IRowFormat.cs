using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>One way in which files write rows. A new one is a class and an entry in <see cref="RowFormats"/>.</summary>
internal interface IRowFormat
{
    DatasetFormat Format { get; }

    /// <summary>Fields that distinguish the format from others; a row has all of them.</summary>
    IReadOnlyList<string> Required { get; }

    /// <summary>Further fields that the format reads.</summary>
    IReadOnlyList<string> Optional { get; }

    /// <summary>Reads a row.</summary>
    /// <exception cref="RowFieldException">A field is missing or holds what it must not.</exception>
    DatasetRow Read(JsonElement row);
}
