namespace R1Lab.Web.Running;

/// <summary>Newer R1 templates end the prompt with the opening tag, so the answer begins inside the thought and never shows the tag.</summary>
public static class ThinkingPrompt
{
    public static bool StartsInThought(string prompt) => prompt.AsSpan().TrimEnd().EndsWith("<think>", StringComparison.Ordinal);
}
