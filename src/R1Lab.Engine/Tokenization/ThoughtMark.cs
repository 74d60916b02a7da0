namespace R1Lab.Engine.Tokenization;

/// <summary>A mark in a text, found by its token id.</summary>
/// <param name="Start">Its place in the text, in UTF-16 units.</param>
/// <param name="Length">Its length there: 0 where special tokens leave no text.</param>
/// <param name="Opens">Whether it is the opening mark.</param>
public readonly record struct ThoughtMark(int Start, int Length, bool Opens)
{
    public int End => Start + Length;
}
