using System.Globalization;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>Expansion of untrusted text: chat templates that make much out of little cost a bounded amount of time and memory, reading included.</summary>
public sealed class TemplateBudgetTests
{
    private static readonly ChatMessage[] Hello = [new("user", "hello")];

    private static readonly Dictionary<string, Func<string>> Sources = new(StringComparer.Ordinal)
    {
        ["adjacent literals"] = () => $"{{{{ {string.Concat(Enumerable.Repeat("'a' ", 200_000))}|length }}}}",
        ["adjacent empty literals"] = () => $"{{{{ {string.Concat(Enumerable.Repeat("''", 500_000))}|length }}}}",
        ["filters of a block"] = () => $"{{% filter {string.Join('|', Enumerable.Repeat("e", 400_000))} %}}x{{% endfilter %}}",
        ["filters of a block of set"] = () => $"{{% set x | {string.Join('|', Enumerable.Repeat("e", 400_000))} %}}x{{% endset %}}",
        ["filters of a value"] = () => $"{{{{ x{string.Concat(Enumerable.Repeat("|e", 400_000))} }}}}",
        ["a dotted filter name"] = () => $"{{{{ x|{string.Join('.', Enumerable.Repeat("e", 400_000))} }}}}",
        ["arguments"] = () => $"{{{{ namespace({string.Join(',', Enumerable.Repeat("1", 400_000))}) }}}}",
        ["named arguments"] = () => $"{{{{ namespace({string.Join(',', Enumerable.Range(0, 100_000).Select(at => $"a{at}=1"))})|string|length }}}}",
        ["parameters"] = () => $"{{% macro m({string.Join(',', Enumerable.Range(0, 140_000).Select(at => $"p{at}"))}) %}}{{% endmacro %}}",
        ["a long sum"] = () => $"{{{{ 1{string.Concat(Enumerable.Repeat("+1", 400_000))} }}}}",
        ["a long concatenation"] = () => $"{{{{ 'a'{string.Concat(Enumerable.Repeat("~'a'", 200_000))} }}}}",
        ["deep parentheses"] = () => $"{{{{ {new string('(', 300_000)}1{new string(')', 300_000)} }}}}",
        ["deep lists"] = () => $"{{{{ {new string('[', 300_000)}{new string(']', 300_000)} }}}}",
        ["deep targets"] = () => $"{{% set {new string('(', 300_000)}a{new string(')', 300_000)} = 1 %}}",
        ["deep not"] = () => $"{{{{ {string.Concat(Enumerable.Repeat("not ", 200_000))}1 }}}}",
        ["a chain of members"] = () => $"{{{{ x{string.Concat(Enumerable.Repeat(".a", 400_000))} }}}}",
        ["a chain of calls"] = () => $"{{{{ range{string.Concat(Enumerable.Repeat("(1)", 300_000))} }}}}",
        ["a chain of conditions"] = () => $"{{{{ {string.Concat(Enumerable.Repeat("1 if 0 else ", 80_000))}1 }}}}",
        ["open raw blocks"] = () => string.Concat(Enumerable.Repeat("{% raw %}{% endraw ", 50_000)),
        ["open braces"] = () => new string('{', 900_000),
        ["open strings"] = () => string.Concat(Enumerable.Repeat("{{ '", 200_000)),
        ["white space in tags"] = () => string.Concat(Enumerable.Repeat($"{{%{new string(' ', 1000)}", 900)),
        ["many tags"] = () => string.Concat(Enumerable.Repeat("{%if 1%}{%endif%}", 50_000)),
        ["ljust of a long fill"] = () => "{{ 'a'.ljust(4000000,'x'*100)|length }}",
        ["rjust of a long fill"] = () => "{{ 'a'.rjust(4000000,'x'*100)|length }}",
        ["center of a long fill"] = () => "{{ 'a'.center(4000000,'x'*100)|length }}",
        ["zfill"] = () => "{{ 'a'.zfill(2000000000)|length }}",
        ["zfill in a loop"] = () => "{% for i in range(90000) %}{{ 'a'.zfill(7000000)|length }}{% endfor %}",
        ["replace with a long text"] = () => "{{ ('a'*3000).replace('a', 'b'*100000)|length }}",
        ["replace between characters"] = () => "{{ ('a'*3000000).replace('', 'bbbbbbbbbb')|length }}",
        ["join of a long separator"] = () => "{{ range(100000)|join('x'*100000)|length }}",
        ["method join"] = () => "{{ ('x'*100000).join(['a']*100000)|length }}",
        ["format of long values"] = () => "{% set s = 'x'*1000000 %}{{ ('%s'*1000) % (s,)*1000 }}{{ ('%s'*1000)|format(*[s]*1000)|length }}",
        ["percent of long values"] = () => "{% set s = 'x'*1000000 %}{{ ('%s'*1000) % ((s,)*1000) }}",
        ["percent of large numbers"] = () => "{{ (('%d'*100000) % ((2**19000,)*100000))|length }}",
        ["brace format of long values"] = () => "{% set s = 'x'*1000000 %}{{ ('{0}'*1000).format(s)|length }}",
        ["brace format of long representations"] = () => "{% set s = 'x'*1000000 %}{{ ('{0!r}'*1000).format(s)|length }}",
        ["list repetition"] = () => "{{ ([1]*7000000*100)|length }}",
        ["lists of lists"] = () => "{{ ([[1]*1000]*1000*1000)|length }}",
        ["tuple repetition"] = () => "{{ ((1,)*7000000*100)|length }}",
        ["unpacked arguments"] = () => $"{{% set a = [1]*1000000 %}}{{{{ namespace({string.Join(',', Enumerable.Repeat("*a", 1000))}) }}}}",
        ["indent by a long text"] = () => "{{ ('a\\n'*100000)|indent('x'*100000)|length }}",
        ["indent"] = () => "{{ ('a\\n'*2000000)|indent(1000)|length }}",
        ["wordwrap"] = () => "{{ ('a '*2000000)|wordwrap(1, false, 'x'*1000000)|length }}",
        ["tojson of a long separator"] = () => "{{ ([1]*100000)|tojson(separators=('x'*100000, ':'))|length }}",
        ["tojson of a long indent"] = () => "{{ [[[[[[1]*1000]]]]]|tojson(indent='x'*1000000)|length }}",
        ["tojson of large numbers"] = () => "{{ ([2**19000]*1000000)|tojson|length }}",
        ["tojson of escapes"] = () => "{{ ('\\x01'*8000000)|tojson|length }}",
        ["text of large numbers"] = () => "{{ ([2**19000]*1000000)|string|length }}",
        ["text of escapes"] = () => "{{ ['\\x01'*8000000]|string|length }}",
        ["nested lists as text"] = () => "{% set ns = namespace(x=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|string|length }}",
        ["nested lists compared"] = () => "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        ["nested lists ordered"] = () => "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x < ns.y }}",
        ["nested tuples as keys"] = () => "{% set ns = namespace(x=(1,1)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1}|length }}",
        ["many keys of one size"] = () => "{{ range(60000)|map('string')|batch(1)|map('first')|zip|unique|list|length }}{{ (range(90000)|batch(2)|map('tojson')|unique|list)|length }}",
        ["many large keys"] = () => "{% set b = 2**19000 %}{% set ns = namespace(x=[]) %}{% for i in range(20000) %}{% set ns.x = ns.x + [b + i] %}{% endfor %}{{ ns.x|unique|list|length }}",
        ["characters of a long text"] = () => "{% for i in range(90000) %}{{ ('x'*7000000)|first }}{% endfor %}",
        ["last character of a long text"] = () => "{% set s = 'x'*7000000 %}{% for i in range(90000) %}{% set y = s|last %}{% endfor %}",
        ["loop over a long text"] = () => "{% set s = 'x'*7000000 %}{% for i in range(90000) %}{% for c in s %}{% break %}{% endfor %}{% endfor %}",
        ["list of a long text"] = () => "{{ ('x'*7000000)|list|length }}",
        ["reverse of a long text"] = () => "{{ ('x'*7000000)|reverse|length }}{{ ('x'*7000000)[::-1]|length }}",
        ["lines of a long text"] = () => "{{ ('a\\n'*3500000).splitlines()|length }}",
        ["split of a long text"] = () => "{{ ('a,'*3500000).split(',')|length }}",
        ["split from the right"] = () => "{{ ('a,'*3500000).rsplit(',')|length }}",
        ["split at spaces"] = () => "{{ ('a '*3500000).split()|length }}",
        ["search of a long part"] = () => "{% set s = 'a'*3000000 %}{% set p = 'a'*300000 ~ 'b' ~ 'a'*300000 %}{{ p in s }}{{ s.find(p) }}{{ s.rfind(p) }}{{ s.count(p) }}{{ s.replace(p, '')|length }}{{ s.split(p)|length }}{{ s.rsplit(p)|length }}{{ s.partition(p)|length }}",
        ["comparison of long texts"] = () => "{% set a = 'x'*7000000 %}{% set b = 'x'*7000000 %}{{ a in [b]*1000000 }}{{ ([b]*1000000)|select('equalto', a)|list|length }}",
        ["sort of long texts"] = () => "{% set s = 'x'*1000000 %}{{ ([s]*1000000)|sort|length }}",
        ["unique of long texts"] = () => "{% set s = 'x'*1000000 %}{{ ([s]*1000000)|unique|list|length }}",
        ["largest of long texts"] = () => "{% set s = 'x'*1000000 %}{{ ([s]*1000000)|max|length }}",
        ["groups of long texts"] = () => "{% set s = {'k': 'x'*1000000} %}{{ ([s]*1000000)|groupby('k')|length }}",
        ["a long attribute path"] = () => "{% set ns = namespace() %}{% set ns.a = ns %}{{ ([ns]*100000)|map(attribute='a' ~ '.a'*500000)|list|length }}",
        ["slices"] = () => "{{ [1]|slice(7000000)|list|length }}",
        ["batches"] = () => "{{ ([1]*7000000)|batch(1)|list|length }}",
        ["a padded batch"] = () => "{{ [1]|batch(2000000000, 'x')|list|length }}",
        ["pairs of a dictionary"] = () => $"{{% set d = {{{string.Join(',', Enumerable.Range(0, 40_000).Select(at => $"{at}:1"))}}} %}}{{% for i in range(90000) %}}{{% set x = d|dictsort %}}{{% endfor %}}",
        ["namespaces"] = () => "{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = ns.x + [namespace(a=ns.x)] %}{% endfor %}",
        ["macros"] = () => "{% macro m(n) %}{{ 'x'*1000 }}{{ m(n) ~ m(n) }}{% endmacro %}{{ m(1) }}",
        ["escape"] = () => "{{ ('<'*7000000)|escape|length }}",
        ["urlencode"] = () => "{{ ('\\u4e00'*7000000)|urlencode|length }}",
        ["striptags"] = () => "{{ ('<'*7000000)|striptags|length }}{{ ('a '*3500000)|striptags|length }}",
        ["title"] = () => "{{ ('a-'*3500000)|title|length }}",
        ["truncate"] = () => "{% set s = 'x'*7000000 %}{% for i in range(90000) %}{{ s|truncate(10) }}{% endfor %}",
        ["strip of many characters"] = () => "{% set s = 'x'*7000000 %}{% for i in range(90000) %}{% set y = s.strip('xyz') %}{% endfor %}",
        ["index of a long text in one expression"] = () => $"{{% set s = '\\U0001f600'*3000000 %}}{{{{ {string.Join('~', Enumerable.Repeat("s[2999999]", 20_000))} }}}}",
        ["powers"] = () => $"{{% for i in range(99000) %}}{{% set x = {string.Join('*', Enumerable.Repeat("(2**9000)", 2))} %}}{{% endfor %}}",
        ["a long message"] = () => "{{ raise_exception('x'*7000000) }}",
        ["strftime"] = () => "{{ strftime_now('%c'*3500000)|length }}",
    };

    public static TheoryData<string> Bombs() => [.. Sources.Keys];

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Render_Bomb_StaysWithinTimeAndMemory(string bomb)
    {
        var source = Sources[bomb]();

        Measured.Of<ChatTemplateException>(() => ChatTemplate.Parse(source, new Dictionary<string, string>()).Render(Hello, true)).Within(TimeSpan.FromSeconds(4), 1L << 30);
    }

    [Theory]
    [InlineData("{{ 'ab'.ljust(5) }}|{{ 'ab'.rjust(5, '*') }}|{{ 'ab'.center(5, '*') }}|{{ 'ab'.center(6, '*') }}|{{ '-7'.zfill(4) }}|{{ 'abc'.zfill(-1) }}", "ab   |***ab|**ab*|**ab**|-007|abc")]
    [InlineData("{{ 'a,b,c'.rsplit(',', 1) }}|{{ 'a,b,c'.split(',', 1) }}|{{ 'aXXXb'.rsplit('XX') }}|{{ 'abc'.split(',') }}|{{ ' a  b '.split() }}", "['a,b', 'c']|['a', 'b,c']|['aX', 'b']|['abc']|['a', 'b']")]
    [InlineData("{{ 'x\U0001f600yz'[1] }}|{{ 'x\U0001f600yz'[1:3] }}|{{ 'x\U0001f600yz'[-2:] }}|{{ 'x\U0001f600yz'[:-3] }}|{{ 'abc'[5:] }}|{{ 'abc'[2:1] }}|{{ 'abcd'[::-2] }}", "\U0001f600|\U0001f600y|yz|x|||db")]
    [InlineData("{{ 'hello world here'|truncate(11, false, '…', 0) }}|{{ 'aBc'.swapcase() }}|{{ '\U0001f600a\U0001f600'.strip('\U0001f600') }}|{{ 'a.b.c'.rpartition('.') }}", "hello…|AbC|a|('a.b', '.', 'c')")]
    [InlineData("{{ {(1, 2): 'p', 1.0: 'q', true: 'r'}|length }}|{{ [1, 1.0, true, 2**70, 2**70 + 1]|unique|list }}|{{ {(1, (2, 3)): 4}[(1, (2, 3))] }}", "2|[1, 1180591620717411303424, 1180591620717411303425]|4")]
    [InlineData("{{ [3, 1, 2]|max }}|{{ ['b', 'A', 'c']|min }}|{{ ['b', 'A', 'c']|sort }}|{{ [1, 2, 3]|sum }}|{{ [1, 2, 3]|batch(2, 0)|list }}|{{ [1, 2, 3]|slice(2, 0)|list }}", "3|A|['A', 'b', 'c']|6|[[1, 2], [3, 0]]|[[1, 2], [3, 0]]")]
    [InlineData("{% filter upper|replace('A', 'b')|trim %} xa {% endfilter %}|{{ 'a' 'b' \"c\" }}|{{ [1, {'k': 'v'}]|tojson(indent=1) }}", "Xb|abc|[\n 1,\n {\n  \"k\": \"v\"\n }\n]")]
    public void Render_OrdinaryUse_GivesWhatPythonGives(string source, string expected) =>
        Assert.Equal(expected, ChatTemplate.Parse(source, new Dictionary<string, string>()).Render(Hello, true));

    [Fact]
    public void Render_FillOfSeveralCharacters_IsRefusedAsInPython() =>
        Assert.Contains("exactly one character", Refusal("{{ 'a'.ljust(3, 'xy') }}"), StringComparison.Ordinal);

    [Fact]
    public void Render_LongMessageOfTheTemplate_IsCut() =>
        Assert.InRange(Refusal("{{ raise_exception('x' * 1000000) }}").Length, 100, 3000);

    [Theory]
    [InlineData("abab", "ab")]
    [InlineData("aaaa", "aa")]
    [InlineData("abcabcabd", "abcabd")]
    [InlineData("xyz", "q")]
    public void Search_LongPart_FindsWhatTheLibraryFinds(string text, string part)
    {
        // The same shape with every letter repeated is beyond the length for which the library's own search is used.
        string Long(string letters) => string.Concat(letters.Select(letter => new string(letter, 70)));
        var (longText, longPart) = (Long(text), Long(part));
        string[] operations = ["s.find(p)", "s.rfind(p)", "s.count(p)", "s.split(p)|length", "s.rsplit(p)|length", "p in s"];
        var template = ChatTemplate.Parse(string.Join('|', operations.Select(operation => $"{{{{ {operation} }}}}")), new Dictionary<string, string> { ["s"] = longText, ["p"] = longPart });

        var count = (longText.Length - longText.Replace(longPart, "", StringComparison.Ordinal).Length) / longPart.Length;
        var found = longText.Contains(longPart, StringComparison.Ordinal);
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"{longText.IndexOf(longPart, StringComparison.Ordinal)}|{longText.LastIndexOf(longPart, StringComparison.Ordinal)}|{count}|{count + 1}|{count + 1}|{found}"),
            template.Render(Hello, true));
    }

    private static string Refusal(string source) =>
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source, new Dictionary<string, string>()).Render(Hello, true)).Message;
}
