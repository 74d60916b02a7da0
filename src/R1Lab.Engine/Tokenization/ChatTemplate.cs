using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization.Jinja;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// The chat template of a model: a conversation to the prompt the model was trained on. Templates are Jinja; they are run by an interpreter of
/// our own that renders as transformers sets Jinja up (trim_blocks, lstrip_blocks, loop controls, tojson without ASCII escapes) and gives a
/// template 100,000 steps, 1 MB of output and one second.
/// </summary>
public sealed class ChatTemplate
{
    private const string Probe = "7f3c9a51";

    private readonly IReadOnlyDictionary<string, string> _specialTokens;
    private readonly IReadOnlyList<string> _sources;
    private readonly Lazy<HashSet<string>> _roles;
    private readonly Lazy<bool> _keepsEverySystemTurn;
    private readonly ConcurrentDictionary<string, bool> _writtenRoles = new(StringComparer.Ordinal);
    private readonly JinjaTemplate? _default;
    private readonly JinjaTemplate? _forTools;

    private ChatTemplate(IReadOnlyDictionary<string, string> sources, IReadOnlyDictionary<string, string> specialTokens)
    {
        _specialTokens = specialTokens;
        _default = sources.TryGetValue("default", out var source) ? JinjaTemplate.Parse(source) : null;
        _forTools = sources.TryGetValue("tool_use", out var forTools) ? JinjaTemplate.Parse(forTools) : null;
        Source = source ?? forTools ?? "";
        _sources = [.. new[] { source, forTools }.OfType<string>()];
        _roles = new(() => [.. _sources.SelectMany(TemplateRoles.In)]);
        _keepsEverySystemTurn = new(() => Writes([Turn("system", Probe), Turn("system", "?"), Turn("user", "?")], Probe) ?? true);
    }

    /// <summary>The Jinja source, of the default template when there are several.</summary>
    public string Source { get; }

    /// <summary>Whether this text stands somewhere in the source.</summary>
    public bool Mentions(string text) => _sources.Any(source => source.Contains(text, StringComparison.Ordinal));

    /// <summary>Whether the source names this role; a template that copies any role it is given names none.</summary>
    public bool NamesRole(string role) => _roles.Value.Contains(role);

    /// <summary>Whether messages of this role get into the prompt. Templates leave out roles that they have no branch for.</summary>
    public bool WritesRole(string role) => _writtenRoles.GetOrAdd(role, _ =>
        Writes(role == "system" ? [Turn(role, Probe), Turn("user", "?")] : [Turn("user", "?"), Turn(role, Probe)], Probe) ?? true);

    /// <summary>Whether of several system messages each gets into the prompt.</summary>
    public bool KeepsEverySystemTurn => _keepsEverySystemTurn.Value;

    /// <summary>
    /// The template of a model folder: <c>chat_template</c> of tokenizer_config.json (a string or a list of named ones), overridden by
    /// chat_template.jinja and, by name, additional_chat_templates/*.jinja. Null when there is none.
    /// </summary>
    /// <exception cref="BadInputException">tokenizer_config.json is broken.</exception>
    /// <exception cref="ChatTemplateException">The template cannot be read.</exception>
    public static ChatTemplate? Load(string modelFolder)
    {
        var sources = ChatTemplateSources.Read(modelFolder);
        return sources.ContainsKey("default") || sources.ContainsKey("tool_use") ? new ChatTemplate(sources, SpecialTokenNames.Read(modelFolder)) : null;
    }

    /// <param name="source">Jinja source.</param>
    /// <param name="specialTokens">Variables such as <c>bos_token</c>.</param>
    /// <exception cref="ChatTemplateException">The template cannot be read.</exception>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, string> specialTokens) =>
        new(new Dictionary<string, string> { ["default"] = source }, specialTokens);

    /// <summary>The prompt of a conversation, special tokens written in it: encode it without adding any.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the conversation or misbehaves.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
        Render(new JsonArray([.. messages.Select(message => message.ToJson())]), addGenerationPrompt);

    /// <summary>The prompt of a conversation whose messages may hold anything (tool_calls, reasoning_content, lists of parts).</summary>
    /// <param name="messages">Objects with <c>role</c> and <c>content</c>.</param>
    /// <param name="addGenerationPrompt">Whether to end with what begins the assistant's turn.</param>
    /// <param name="tools">Function descriptions, or null.</param>
    /// <param name="variables">More variables for the template, such as <c>enable_thinking</c>.</param>
    /// <exception cref="ChatTemplateException">The template refuses the conversation or misbehaves.</exception>
    public string Render(JsonArray messages, bool addGenerationPrompt, JsonArray? tools = null, JsonObject? variables = null)
    {
        var template = (tools is null ? null : _forTools) ?? _default ?? throw new ChatTemplateException("chat template: there is none for conversations without tools");
        return template.Render(() => Variables(messages, addGenerationPrompt, tools, variables), TimeProvider.System);
    }

    /// <summary>Whether a text of a made-up conversation gets into the prompt; null when the template refuses the conversation.</summary>
    internal bool? Writes(JsonArray messages, string text, JsonArray? tools = null)
    {
        try
        {
            return Render(messages, addGenerationPrompt: false, tools).Contains(text, StringComparison.Ordinal);
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }

    private static JsonObject Turn(string role, string content) => new ChatMessage(role, content).ToJson();

    private IEnumerable<KeyValuePair<string, object?>> Variables(JsonArray messages, bool addGenerationPrompt, JsonArray? tools, JsonObject? variables)
    {
        foreach (var (name, token) in _specialTokens) yield return KeyValuePair.Create(name, (object?)token);
        yield return KeyValuePair.Create("messages", JinjaInput.From(messages));
        yield return KeyValuePair.Create("tools", JinjaInput.From(tools));
        yield return KeyValuePair.Create("documents", (object?)null);
        yield return KeyValuePair.Create("add_generation_prompt", (object?)addGenerationPrompt);
        foreach (var (name, value) in variables ?? []) yield return KeyValuePair.Create(name, JinjaInput.From(value));
    }
}
