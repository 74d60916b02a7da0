namespace R1Lab.Engine.Datasets;

/// <summary>One line of a file before it is read as a row, or one element of a JSON array.</summary>
/// <param name="Number">Physical line it begins in, from 1.</param>
/// <param name="Bytes">Without the white space around it.</param>
/// <param name="Fault">Why it cannot be a row, where that is known already.</param>
/// <param name="Leading">What stood before it.</param>
/// <param name="LineEnd">What stood behind it.</param>
internal readonly record struct RawLine(int Number, ReadOnlyMemory<byte> Bytes, Fault? Fault, string Leading, string LineEnd);
