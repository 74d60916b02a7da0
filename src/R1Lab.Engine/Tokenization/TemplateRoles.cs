using R1Lab.Engine.Tokenization.Jinja;

namespace R1Lab.Engine.Tokenization;

/// <summary>The roles that a template's source names: texts that it compares a message's <c>role</c> with.</summary>
internal static class TemplateRoles
{
    /// <param name="source">A template that was parsed before.</param>
    public static IEnumerable<string> In(string source)
    {
        var tokens = JinjaLexer.Read(source);
        for (var at = 0; at < tokens.Count; at++)
        {
            foreach (var role in ComparedAt(tokens, EndOfRole(tokens, at))) yield return role;
        }
    }

    /// <summary>What follows <c>.role</c> or <c>['role']</c>; past the end where something else stands.</summary>
    private static int EndOfRole(List<JinjaToken> tokens, int at)
    {
        if (tokens[at].IsName("role")) return at + 1;
        return tokens[at].Is(JinjaTokenKind.String, "role") && tokens[at + 1].IsOperator("]") ? at + 2 : tokens.Count;
    }

    private static IEnumerable<string> ComparedAt(List<JinjaToken> tokens, int at)
    {
        if (at + 1 >= tokens.Count) return [];
        if (tokens[at].IsName("not")) at++;
        if (tokens[at].IsOperator("==") || tokens[at].IsOperator("!=")) return Texts(tokens.Skip(at + 1).Take(1));
        return tokens[at].IsName("in") ? Texts(tokens.Skip(at + 2).TakeWhile(token => !token.IsOperator("]") && !token.IsOperator(")"))) : [];
    }

    private static IEnumerable<string> Texts(IEnumerable<JinjaToken> tokens) =>
        tokens.Where(token => token.Kind == JinjaTokenKind.String).Select(token => token.Text);
}
