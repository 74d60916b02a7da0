namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>One of a few ways to go on.</summary>
public sealed record Choice(string Key, string Title, string Hint);
