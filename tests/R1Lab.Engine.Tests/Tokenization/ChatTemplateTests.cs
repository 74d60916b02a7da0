using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Tokenization;

public sealed class ChatTemplateTests : IDisposable
{
    private static readonly ChatMessage[] Hello = [new("user", "hello")];

    private readonly string _folder = Directory.CreateTempSubdirectory("template-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_FolderWithoutTemplate_GivesNull() => Assert.Null(ChatTemplate.Load(_folder));

    [Fact]
    public void Load_TemplateInConfiguration_KnowsTheSpecialTokens()
    {
        Write("tokenizer_config.json", """{"chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}", "bos_token": "<s>", "eos_token": {"content": "</s>"}}""");

        Assert.Equal("<s>hello</s>", ChatTemplate.Load(_folder)!.Render(Hello, true));
    }

    [Fact]
    public void Load_NamedTemplates_UsesTheOneForToolsWhenThereAreTools()
    {
        Write("tokenizer_config.json", """{"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "{{ tools|length }} tools"}]}""");
        var template = ChatTemplate.Load(_folder)!;

        Assert.Equal("plain", template.Render(Hello, true));
        Assert.Equal("2 tools", template.Render([], true, new JsonArray(1, 2)));
        Assert.Equal("plain", template.Source);
    }

    [Fact]
    public void Load_TemplateFiles_OverrideTheConfiguration()
    {
        Write("tokenizer_config.json", """{"chat_template": [{"name": "default", "template": "old"}, {"name": "tool_use", "template": "old tools"}]}""");
        Write("chat_template.jinja", "new\n");
        Directory.CreateDirectory(Path.Combine(_folder, "additional_chat_templates"));
        Write(Path.Combine("additional_chat_templates", "tool_use.jinja"), "new tools");
        var template = ChatTemplate.Load(_folder)!;

        Assert.Equal(("new", "new tools"), (template.Render(Hello, true), template.Render([], true, [])));
    }

    [Fact]
    public void Load_TemplateOfAnotherKind_NamesTheField()
    {
        Write("tokenizer_config.json", """{"chat_template": 7}""");

        var error = Assert.Throws<BadInputException>(() => ChatTemplate.Load(_folder));

        Assert.EndsWith("tokenizer_config.json: chat_template: must be a string or a list of {name, template}", error.Message, StringComparison.Ordinal);
    }

    // A name in text, in a comment or compared with something else is no role.
    [Theory]
    [InlineData("{% if m.role == 'developer' %}x{% endif %}", true)]
    [InlineData("{% if m['role'] != \"developer\" %}x{% endif %}", true)]
    [InlineData("{% if m.role in [\"system\", \"developer\"] %}x{% endif %}", true)]
    [InlineData("{% if m.role not in ('system', 'developer') %}x{% endif %}", true)]
    [InlineData("{% if m['role'] in ['system'] or m.name == 'developer' %}x{% endif %}", false)]
    [InlineData("made by a developer {# 'developer' #}{{ 'developer' }}{{ m.role }}", false)]
    [InlineData("{{ 'role' }}", false)]
    public void NamesRole_Source_ComparesARoleWithIt(string source, bool expected) =>
        Assert.Equal(expected, ChatTemplate.Parse(source, new Dictionary<string, string>()).NamesRole("developer"));

    [Theory]
    [InlineData("{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}", "tool", true)]
    [InlineData("{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}", "tool", false)]
    [InlineData("{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}", "system", false)]
    [InlineData("{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('a call must come before') }}{% endif %}{% endfor %}", "tool", true)]
    public void WritesRole_Template_IsAskedWhatBecomesOfIt(string source, string role, bool expected) =>
        Assert.Equal(expected, ChatTemplate.Parse(source, new Dictionary<string, string>()).WritesRole(role));

    [Fact]
    public void Render_Thought_IsLeftToTheTemplate()
    {
        var template = ChatTemplate.Parse("{% for m in messages %}[{{ m.reasoning_content }}|{{ m.reasoning }}]{{ m.content }}{% endfor %}", new Dictionary<string, string>());

        Assert.Equal("[|]q[hm|hm]a", template.Render([new("user", "q"), new("assistant", "a") { Reasoning = "hm" }], addGenerationPrompt: false));
    }

    [Fact]
    public void Render_RaiseException_GivesTheTemplatesOwnWordsAndTheLine()
    {
        var template = ChatTemplate.Parse("first\n{{ raise_exception('roles must alternate') }}", new Dictionary<string, string>());

        var error = Assert.Throws<ChatTemplateException>(() => template.Render(Hello, true));

        Assert.Equal(("chat template, line 2: roles must alternate", 2, "roles must alternate"), (error.Message, error.Line, error.Reason));
    }

    [Fact]
    public void Render_StrftimeNow_WritesTheLocalDate()
    {
        var template = new ChatTemplateWithClock("{{ strftime_now('%d %b %Y, %A %-d %H:%M:%S %j %p %y %B %%') }}", new DateTimeOffset(2026, 7, 4, 15, 8, 9, TimeSpan.Zero));

        Assert.Equal("04 Jul 2026, Saturday 4 15:08:09 185 PM 26 July %", template.Render());
    }

    [Fact]
    public void Render_NumbersFromJson_StayWholeOrFloat()
    {
        var template = ChatTemplate.Parse("{{ messages[0]|tojson }} {{ a }} {{ b }} {{ c }}", new Dictionary<string, string>());

        var text = template.Render(JsonNode.Parse("""[{"n": 1, "f": 1.0, "e": 1e3, "big": 123456789012345678901}]""")!.AsArray(), false, null, new JsonObject { ["a"] = 1, ["b"] = 1.0, ["c"] = 5L });

        Assert.Equal("""{"n": 1, "f": 1.0, "e": 1000.0, "big": 123456789012345678901} 1 1.0 5""", text);
    }

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "100000 steps")]
    [InlineData("{% for a in range(99999) %}{{ 'x' * 100 }}{% endfor %}", "larger than 1048576 bytes")]
    [InlineData("{{ 'x' * 10000000000 }}", "too much text")]
    [InlineData("{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", "too much text")]
    [InlineData("{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}", "too much text")]
    [InlineData("{{ [['x' * 1000000] * 1000] * 1000 }}", "too")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}", "too")]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(1001) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x|tojson }}", "nested too deeply")]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(1001) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x }}", "nested too deeply")]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(1001) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x == ns.y }}", "nested too deeply")]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(1001) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x < ns.y }}", "nested too deeply")]
    [InlineData("{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}", "50 deep")]
    [InlineData("{{ range(10 ** 9)|length }}", "at most 100000 numbers")]
    [InlineData("{{ '%1000000000d' % 1 }}", "too large")]
    [InlineData("{{ 9 ** 9 ** 9 ** 9 ** 9 }}", "too large")]
    [InlineData("{{ 'a'.center(10 ** 9) }}", "too much text")]
    [InlineData("{% for i in range(99999) %}{{ range(100000)|length }}{% endfor %}", "too")] // one second or the work limit, whichever comes first
    [InlineData("{% set xs = range(100000)|list %}{% for i in range(90000) %}{{ -1 in xs }}{% endfor %}", "takes too long")] // looks, and makes nothing: only time can stop it
    [InlineData("{{ ''.__class__.__mro__ }}", "no attribute")]
    [InlineData("{{ messages.append(1) }}", "unsafe")]
    [InlineData("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}", "nested too deeply")]
    public void Render_HostileTemplate_IsStoppedInWords(string source, string reason)
    {
        var template = ChatTemplate.Parse(source, new Dictionary<string, string>());

        var error = Assert.Throws<ChatTemplateException>(() => template.Render(Hello, true));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[")]
    [InlineData("-")]
    [InlineData("{% if 1 %}")]
    public void Parse_SourceNestedAHundredThousandDeep_IsRefused(string part)
    {
        var source = string.Concat(Enumerable.Repeat(part, 100_000));

        var error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(part.Length > 1 ? source : "{{ " + source + " }}", new Dictionary<string, string>()));

        Assert.NotEmpty(error.Message);
    }

    [Fact]
    public void Render_LongConversation_StaysWithinTheLimits()
    {
        var template = ChatTemplate.Parse("{% for m in messages %}{% if m.role == 'user' %}{{ '<u>' + m.content }}{% else %}{{ '<a>' + m.content.split('</think>')[-1] }}{% endif %}{% endfor %}", new Dictionary<string, string>());
        var messages = Enumerable.Range(0, 2000).Select(turn => new ChatMessage(turn % 2 == 0 ? "user" : "assistant", new string('x', 450))).ToArray();

        Assert.Equal(2000 * 453, template.Render(messages, true).Length);
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content);

    private sealed class ChatTemplateWithClock(string source, DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;

        public string Render() => R1Lab.Engine.Tokenization.Jinja.JinjaTemplate.Parse(source).Render(() => [], this);
    }
}
