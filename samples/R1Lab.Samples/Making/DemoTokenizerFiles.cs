using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Samples.Making;

/// <summary>The demo model's marks and its chat template, of the form DeepSeek-R1 gave its models: the prompt ends with an opened thought.</summary>
public static class DemoTokenizerFiles
{
    public const string Begin = "<｜begin▁of▁sentence｜>";
    public const string End = "<｜end▁of▁sentence｜>";
    public const string User = "<｜User｜>";
    public const string Assistant = "<｜Assistant｜>";
    public const string ThoughtBegin = "<think>";
    public const string ThoughtEnd = "</think>";

    /// <summary>Earlier answers stand without their thoughts.</summary>
    public const string ChatTemplate =
        "{{ bos_token }}{% for message in messages %}" +
        "{% if message['role'] == 'user' %}{{ '" + User + "' + message['content'] }}" +
        "{% elif message['role'] == 'assistant' %}{{ '" + Assistant + "' + (message['content'].split('" + ThoughtEnd + "')[-1] | trim) + eos_token }}" +
        "{% else %}{{ message['content'] }}{% endif %}" +
        "{% endfor %}{% if add_generation_prompt %}{{ '" + Assistant + ThoughtBegin + "\\n' }}{% endif %}";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void WriteConfig(string folder, int maxLength)
    {
        var config = new JsonObject
        {
            ["add_bos_token"] = false,
            ["add_eos_token"] = false,
            ["bos_token"] = Begin,
            ["chat_template"] = ChatTemplate,
            ["clean_up_tokenization_spaces"] = false,
            ["eos_token"] = End,
            ["model_max_length"] = maxLength,
            ["pad_token"] = End,
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
        };
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config.ToJsonString(Readable) + "\n");
    }

    /// <summary>Greedy by default: a sum has one answer.</summary>
    public static void WriteGenerationConfig(string folder, int beginId, int endId)
    {
        var config = new JsonObject { ["bos_token_id"] = beginId, ["do_sample"] = false, ["eos_token_id"] = endId, ["pad_token_id"] = endId };
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), config.ToJsonString(Readable) + "\n");
    }
}
