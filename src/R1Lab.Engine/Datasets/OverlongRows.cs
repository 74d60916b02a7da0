using System.Text.Json.Serialization;

namespace R1Lab.Engine.Datasets;

/// <summary>What becomes of rows longer than the length limit.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<OverlongRows>))]
public enum OverlongRows
{
    /// <summary>They are left out and listed.</summary>
    Drop,

    /// <summary>They are learned in parts, so that no answer's end and no end-of-text token is cut (see <see cref="OverlongSplitter"/>).</summary>
    Split,
}
