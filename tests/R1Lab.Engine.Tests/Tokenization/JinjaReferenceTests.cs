using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>Small templates for every part of the interpreter, answered by Python's Jinja (origin in tests/Golden/jinja/reference.json).</summary>
public sealed class JinjaReferenceTests
{
    [Fact]
    public void Render_ReferenceTemplates_GivesWhatPythonGives()
    {
        var reference = JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("jinja", "reference.json")))!.AsObject();

        var wrong = new List<string>();
        foreach (var entry in reference["cases"]!.AsArray())
        {
            var expected = (string?)entry!["text"];
            var actual = Render((string)entry["template"]!, reference);
            if (actual != expected) wrong.Add($"{entry["template"]}\n  expected: {expected ?? "an error"}\n  was:      {actual ?? "an error"}");
        }

        Assert.Empty(wrong);
    }

    /// <summary>Null where the template is refused.</summary>
    private static string? Render(string source, JsonObject reference)
    {
        try
        {
            return ChatTemplate.Parse(source, new Dictionary<string, string> { ["bos_token"] = "<s>" })
                .Render(reference["messages"]!.AsArray(), addGenerationPrompt: true, variables: reference["variables"]!.AsObject());
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }
}
