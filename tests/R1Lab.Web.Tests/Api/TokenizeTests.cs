using R1Lab.Engine.Tokenization;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

public sealed class TokenizeTests(ModelLab models) : IClassFixture<ModelLab>
{
    private static readonly object[] Question = [new { role = "user", content = "1+2?" }];
    private readonly Tokenizer _tokenizer = Tokenizer.Load(ScriptedModel.Folder);

    [Fact]
    public async Task Tokenize_Text_PutsTheFirstTokenInFrontUnlessToldNotTo()
    {
        var plain = await models.Client.AskAsync("/tokenize", new { model = ModelLab.Scripted, prompt = "I add 🎉", add_special_tokens = false });
        var full = await models.Client.AskAsync("/tokenize", new { model = ModelLab.Scripted, prompt = "I add 🎉" });

        Assert.Equal(_tokenizer.Encode("I add 🎉", addSpecialTokens: false), plain["tokens"].Ids());
        Assert.Equal([_tokenizer.BosId!.Value, .. plain["tokens"].Ids()], full["tokens"].Ids());
        Assert.Equal((full["tokens"].Ids().Count, ScriptedModel.MaxLength), (full["count"].Int(), full["max_model_len"].Int()));
    }

    [Fact]
    public async Task Tokenize_Messages_AreRenderedByTheModelsTemplate()
    {
        var open = await TextAsync(new { model = ModelLab.Scripted, messages = Question });
        var closed = await TextAsync(new { model = ModelLab.Scripted, messages = Question, add_generation_prompt = false });

        Assert.Equal("<|begin|><|User|>1+2?<|Assistant|><think>\n", open);
        Assert.Equal("<|begin|><|User|>1+2?", closed);
    }

    [Fact]
    public async Task Tokenize_OwnTemplateAndVariables_ReplaceTheModels()
    {
        var text = await TextAsync(new
        {
            model = ModelLab.Scripted,
            messages = Question,
            chat_template = "{{ bos_token }}{{ mood }}:{{ messages[0]['content'] }}",
            chat_template_kwargs = new { mood = "calm", bos_token = "<s>" },
        });

        Assert.Equal("<s>calm:1+2?", text);
    }

    [Fact]
    public async Task Detokenize_Ids_GiveTheTextBack()
    {
        var tokens = _tokenizer.Encode(ScriptedModel.Answer);

        var full = await models.Client.AskAsync("/detokenize", new { model = ModelLab.Scripted, tokens });
        var plain = await models.Client.AskAsync("/detokenize", new { model = ModelLab.Scripted, tokens, skip_special_tokens = true });

        Assert.Equal(($"<|begin|>{ScriptedModel.Answer}", ScriptedModel.Answer), (full["prompt"].Str(), plain["prompt"].Str()));
    }

    [Fact]
    public async Task Tokenize_BadRequests_NameTheField()
    {
        Assert.Equal((400, "prompt"), await FieldAsync("/tokenize", new { model = ModelLab.Scripted }));
        Assert.Equal((400, "chat_template"), await FieldAsync("/tokenize", new { model = ModelLab.Scripted, messages = Question, chat_template = "{% if %}" }));
        Assert.Equal((400, "tokens"), await FieldAsync("/detokenize", new { model = ModelLab.Scripted }));
        Assert.Equal((400, "tokens"), await FieldAsync("/detokenize", new { model = ModelLab.Scripted, tokens = new[] { 100_000 } }));
        Assert.Equal((400, "model"), await FieldAsync("/tokenize", new { model = ModelLab.Golden, prompt = "x" }));
        Assert.Equal((404, "model"), await FieldAsync("/tokenize", new { model = "nobody", prompt = "x" }));
    }

    private async Task<(int, string?)> FieldAsync(string path, object body)
    {
        var (status, field, _) = await models.Client.RefusedAsync(path, body);
        return (status, field);
    }

    private async Task<string> TextAsync(object body)
    {
        var tokens = (await models.Client.AskAsync("/tokenize", body))["tokens"].Ids();
        return (await models.Client.AskAsync("/detokenize", new { model = ModelLab.Scripted, tokens }))["prompt"].Str();
    }
}
