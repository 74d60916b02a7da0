namespace R1Lab.Engine.Tokenization;

/// <summary>
/// A token that is found in the text as a whole before anything else happens to it.
/// </summary>
/// <param name="Id">Token id.</param>
/// <param name="Content">The text that is looked for.</param>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="StripLeft">Takes the white space before it along.</param>
/// <param name="StripRight">Takes the white space after it along.</param>
/// <param name="Normalized">Looked for in the normalized text instead of the raw one.</param>
/// <param name="Special">Left out when special tokens are skipped on decoding.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized, bool Special);
