using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Generation;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Modeling;

/// <summary>What can be described can be loaded, and what cannot be loaded is refused in the same words without reading a weight.</summary>
public sealed class ModelDescriptionTests : IDisposable
{
    private readonly TinyModel _model = new();

    public static TheoryData<string> Faults => [.. ModelFaults.Names];

    public void Dispose() => _model.Dispose();

    [Theory, MemberData(nameof(Faults))]
    public void Read_FolderThatDoesNotLoad_IsRefusedInTheLoadersWords(string fault)
    {
        var named = ModelFaults.Make(fault, _model.Folder);

        var described = Assert.Throws<BadInputException>(() => ModelDescription.Read(_model.Folder));
        var loaded = Assert.Throws<BadInputException>(() => _model.Load());

        Assert.Equal(loaded.Message, described.Message);
        Assert.All(named, word => Assert.Contains(word, described.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_GoodFolder_HasNothingToSayAndLoads()
    {
        var description = ModelDescription.Read(_model.Folder);
        using var loaded = LoadedModel.Load(description, ComputeDevice.Cpu);

        Assert.Empty(description.Findings);
        Assert.Same(description.Text.Tokenizer, loaded.Tokenizer);
        Assert.Equal("float32", description.Folder.Dtype);
    }

    [Theory]
    [InlineData("{% for message in messages %}{{ message.content }}")]
    [InlineData("{{ messages[0].content")]
    [InlineData("{% endif %}")]
    [InlineData("{% if messages %}a{% else %}b{% else %}c{% endif %}")]
    [InlineData("{{ 1 +* 2 }}")]
    public void Read_TemplateThatIsNoTemplate_IsAFindingAndTheModelLoads(string template)
    {
        File.WriteAllText(Path.Combine(_model.Folder, "chat_template.jinja"), template);

        using var loaded = _model.Load();
        var finding = Assert.Single(ModelDescription.Read(_model.Folder).Findings);

        Assert.Equal(("chat_template_broken", "chat_template", ProblemSeverity.Warning), (finding.Code, finding.Field, finding.Severity));
        Assert.Contains(loaded.Text.TemplateFault!, finding.Message, StringComparison.Ordinal);
        Assert.Null(loaded.ChatTemplate);
    }

    [Theory]
    [InlineData("""{"chat_template":5}""")]
    [InlineData("""{"chat_template":[{"name":"default"}]}""")]
    public void Read_TemplateFieldOfAWrongKind_IsAFindingAndTheModelLoads(string config)
    {
        File.WriteAllText(Path.Combine(_model.Folder, "tokenizer_config.json"), config);

        using var loaded = _model.Load();

        Assert.Equal("chat_template_broken", Assert.Single(ModelDescription.Read(_model.Folder).Findings).Code);
    }

    [Theory]
    [InlineData("{{ messages | nosuchfilter }}")]
    [InlineData("{{ raise_exception('two turns at least') }}")]
    public void Read_TemplateThatRefusesOneMessage_IsAFindingAndStaysUsable(string template)
    {
        File.WriteAllText(Path.Combine(_model.Folder, "chat_template.jinja"), template);

        var description = ModelDescription.Read(_model.Folder);

        Assert.Equal("chat_template_refuses", Assert.Single(description.Findings).Code);
        Assert.NotNull(description.Text.Template);
    }
}
