using System.Diagnostics;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>Expansion of untrusted text over HTTP: templates and ids that a request brings along.</summary>
public sealed class TokenizeBudgetTests(ModelLab models) : IClassFixture<ModelLab>
{
    [Theory]
    [InlineData("{{ 'a'.ljust(4000000,'x'*100)|length }}")]
    [InlineData("{{ ([1]*100000)|tojson(separators=('x'*100000, ':'))|length }}")]
    [InlineData("{% for i in range(90000) %}{{ ('x'*7000000)|first }}{% endfor %}")]
    [InlineData("{% set s = 'a'*3000000 %}{{ ('a'*300000 ~ 'b' ~ 'a'*300000) in s }}{{ s|list|reverse|join|length }}")]
    public async Task Tokenize_TemplateThatMakesMuchOfLittle_IsAnsweredFast(string template)
    {
        var start = Stopwatch.GetTimestamp();

        var (status, answer) = await models.Client.PostAsync("/tokenize", Body(template));

        Assert.InRange((int)status, 200, 499);
        Assert.InRange(answer.ToJsonString().Length, 1, 1 << 20);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Patience.For(TimeSpan.FromSeconds(6)));
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[")]
    [InlineData("'a' ")]
    [InlineData("x|")]
    public async Task Tokenize_TemplateOfManyParts_IsRefusedFast(string part)
    {
        var start = Stopwatch.GetTimestamp();

        var refused = await models.Client.RefusedAsync("/tokenize", Body($"{{{{ {string.Concat(Enumerable.Repeat(part, 200_000))}"));

        Assert.Equal((400, "chat_template"), (refused.Status, refused.Field));
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Patience.For(TimeSpan.FromSeconds(6)));
    }

    [Fact]
    public async Task Detokenize_MillionsOfIds_AreRefused()
    {
        var refused = await models.Client.RefusedAsync("/detokenize", new { model = ModelLab.Scripted, tokens = Enumerable.Repeat(5, 1_000_000) });

        Assert.Equal((400, "tokens"), (refused.Status, refused.Field));
    }

    private static object Body(string template) => new { model = ModelLab.Scripted, messages = new[] { new { role = "user", content = "x" } }, chat_template = template };
}
