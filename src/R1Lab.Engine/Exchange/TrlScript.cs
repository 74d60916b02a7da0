using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>A recipe as a Python script that trains it with TRL and PEFT (names of TRL 0.20 and newer, transformers 5).</summary>
internal sealed class TrlScript
{
    private readonly StringBuilder _text = new();
    private readonly TrainingRecipe _recipe;
    private readonly ToolSchemas _tools;

    private TrlScript(TrainingRecipe recipe, ToolSchemas tools) => (_recipe, _tools) = (recipe, tools);

    public static string Of(TrainingRecipe recipe, ToolSchemas tools)
    {
        var script = new TrlScript(recipe, tools);
        script.Imports();
        script.Data();
        script.Model();
        script.Arguments();
        script.Trainer();
        return script._text.ToString();
    }

    private bool Adapts => Methods.Adapts(_recipe);

    private bool EightBit => _recipe.Optim == OptimizerType.Adamw8Bit;

    private bool Evaluates => _recipe.ValSize > 0;

    private void Line(string text = "") => _text.Append(text).Append('\n');

    private void Imports()
    {
        if (Methods.Bits(_recipe) is not null || _recipe.Lora.LoraplusLrRatio is not null) Line("import torch");
        if (Adapts && _recipe.Lora.LoraplusLrRatio is not null && EightBit) Line("import bitsandbytes");
        Line("from datasets import load_dataset");
        if (Adapts) Line("from peft import LoraConfig, PeftModel, get_peft_model");
        if (Adapts && _recipe.Lora.LoraplusLrRatio is not null) Line("from peft.optimizers import create_loraplus_optimizer");
        Line("from transformers import AutoModelForCausalLM, BitsAndBytesConfig, EarlyStoppingCallback");
        Line("from trl import SFTConfig, SFTTrainer");
        Line();
    }

    private void Data()
    {
        Line($"dataset = load_dataset(\"json\", data_files={Text(_recipe.Dataset)}, split=\"train\")");
        if (Evaluates) Line($"dataset = dataset.train_test_split(test_size={Text(_recipe.ValSize)}, seed={Text(_recipe.Seed)})");
        Line();
    }

    private void Model()
    {
        var arguments = new List<(string, JsonNode?)> { ("device_map", _recipe.DeviceMap == DeviceMap.Auto ? "auto" : null) };
        Line("model = AutoModelForCausalLM.from_pretrained(");
        Line($"    {Text(_recipe.Model)},");
        foreach (var (name, value) in arguments.Where(argument => argument.Item2 is not null)) Line($"    {name}={Text(value)},");
        if (Methods.Bits(_recipe) is { } bits) Line($"    quantization_config={Quantization(bits)},");
        Line(")");
        if (Adapts) Adapter();
        else if (_recipe.FreezeLayers > 0) Freeze();
        Line();
    }

    private string Quantization(int bits) => bits == 8
        ? "BitsAndBytesConfig(load_in_8bit=True)"
        : $"BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type=\"nf4\", bnb_4bit_use_double_quant={Text(_recipe.DoubleQuantization)}, bnb_4bit_compute_dtype=torch.bfloat16)";

    private void Adapter()
    {
        var lora = _recipe.Lora;
        Line("peft_config = LoraConfig(");
        var written = Lines(_tools.Peft.Of(_recipe, "lora.r", "lora.lora_alpha", "lora.lora_dropout"));
        Line($"    target_modules={Text(new JsonArray([.. lora.TargetModules.Select(name => JsonValue.Create(name))]))},");
        written.UnionWith(Lines(_tools.Peft.Of(_recipe, "lora.use_rslora")));
        Line($"    use_dora={Text(Methods.Decomposes(_recipe))},");
        Lines(_tools.Peft.Others(_recipe, new TrainingRecipe(), written));
        Line("    bias=\"none\",");
        Line("    task_type=\"CAUSAL_LM\",");
        Line(")");
        Line(lora.InitFrom is { } start ? $"model = PeftModel.from_pretrained(model, {Text(start)}, is_trainable=True)" : "model = get_peft_model(model, peft_config)");
    }

    private void Freeze()
    {
        Line($"freeze_layers = {_recipe.FreezeLayers}");
        Line("for part in [model.model.embed_tokens, *model.model.layers[:freeze_layers]]:");
        Line("    part.requires_grad_(False)");
    }

    private void Arguments()
    {
        Line("args = SFTConfig(");
        var written = Lines(TrainingArgumentText.Output(_recipe, _tools.Trl).Concat(TrainingArgumentText.Training(_recipe, _tools.Trl)).Concat(Own())
            .Concat(TrainingArgumentText.Evaluation(_recipe, _tools.Trl, "eval_mean_token_accuracy")));
        Lines(_tools.Trl.Others(_recipe, TrainingArgumentNames.Defaults, written, "group_by_length", "warmup_ratio"));
        Line(")");
        Line();
    }

    private IEnumerable<(string Name, JsonNode? Value)> Own()
    {
        // Since transformers 5 a warm-up below 1 is a share, and sampling has one name.
        yield return ("warmup_steps", _recipe.WarmupSteps > 0 ? _recipe.WarmupSteps : _recipe.WarmupRatio);
        if (!_recipe.Shuffle || _recipe.GroupByLength) yield return ("train_sampling_strategy", _recipe.Shuffle ? "group_by_length" : "sequential");
        foreach (var one in _tools.Trl.Of(_recipe, "max_length", "packing")) yield return one;
        yield return ("completion_only_loss", _recipe.TrainOn != TrainOn.WholeText);
        foreach (var one in _tools.Trl.Of(_recipe, "gradient_checkpointing", "activation_offloading")) yield return one;
    }

    private void Trainer()
    {
        if (Adapts && _recipe.Lora.LoraplusLrRatio is { } ratio)
        {
            Line("optimizer = create_loraplus_optimizer(");
            Line("    model=model,");
            Line($"    optimizer_cls={(EightBit ? "bitsandbytes.optim.AdamW8bit" : "torch.optim.AdamW")},");
            Line("    lr=args.learning_rate,");
            Line($"    loraplus_lr_ratio={Text(ratio)},");
            Line("    loraplus_weight_decay=args.weight_decay,");
            Line("    betas=(args.adam_beta1, args.adam_beta2),");
            Line("    eps=args.adam_epsilon,");
            Line(")");
        }

        Line("trainer = SFTTrainer(");
        Line("    model=model,");
        Line("    args=args,");
        Line(Evaluates ? "    train_dataset=dataset[\"train\"]," : "    train_dataset=dataset,");
        if (Evaluates) Line("    eval_dataset=dataset[\"test\"],");
        if (Adapts && _recipe.Lora.LoraplusLrRatio is not null) Line("    optimizers=(optimizer, None),");
        if (_recipe.EarlyStoppingPatience is { } patience)
            Line($"    callbacks=[EarlyStoppingCallback(early_stopping_patience={Text(patience)}, early_stopping_threshold={Text(_recipe.EarlyStoppingThreshold)})],");
        Line(")");
        Line("trainer.train()");
    }

    // The names that were written.
    private HashSet<string> Lines(IEnumerable<(string Name, JsonNode? Value)> arguments)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in arguments)
        {
            names.Add(name);
            Line($"    {name}={Text(value)},");
        }

        return names;
    }

    private static string Text(JsonNode? value) => LiteralText.Python(value);
}
