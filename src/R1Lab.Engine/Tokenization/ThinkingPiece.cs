namespace R1Lab.Engine.Tokenization;

/// <summary>What became certain of a model's output: text of its thought and text of its answer, either may be empty.</summary>
public readonly record struct ThinkingPiece(string Thought, string Answer);
