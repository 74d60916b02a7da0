using R1Lab.Engine.Datasets;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Exchange;

/// <summary>
/// What is absent from a text is the other tool's own default, and listed as that. Published defaults: transformers 5 (training_args.py), TRL
/// (base_config.py, sft_config.py), LLaMA-Factory (hparams/), Axolotl (core/builders/base.py).
/// </summary>
public sealed class ToolDefaultsTests
{
    private const string Factory = "model_name_or_path: m\nstage: sft\nfinetuning_type: lora\ndataset: d\n";
    private const string Axolotl = "base_model: m\nmicro_batch_size: 2\nlearning_rate: 2e-4\n";

    [Theory]
    [InlineData(Factory + "val_size: 0.1\neval_strategy: steps", 500.0)]
    [InlineData(Factory + "val_size: 0.1\neval_strategy: steps\nlogging_steps: 25", 25.0)]
    [InlineData("args = SFTConfig(eval_strategy='steps')", 10.0)]
    [InlineData("args = SFTConfig(eval_strategy='steps', eval_steps=0.2)", 0.2)]
    [InlineData("args = TrainingArguments(eval_strategy='steps')", 500.0)]
    [InlineData("args = TrainingArguments(eval_strategy='steps', eval_steps=0.05, logging_steps=7)", 0.05)]
    [InlineData("model_name_or_path: m\ndataset_name: d\neval_strategy: steps", 10.0)]
    [InlineData(Axolotl + "val_set_size: 0.1\neval_steps: 0.25", 0.25)]
    public void Import_EvalSteps_AreTheTextsOrTheToolsOwn(string text, double steps)
    {
        var imported = RecipeExchange.Import(text);

        Assert.Equal(steps, imported.Recipe.EvalSteps);
        var written = text.Contains("eval_steps", StringComparison.Ordinal);
        Assert.Contains(imported.Values, value => value is { Name: "eval_steps" } && value.Kind == (written ? Carriage.Carried : Carriage.Defaulted));
    }

    [Fact]
    public void EvalSteps_AsAShareOfTheRun_EvaluateFiveTimes()
    {
        var recipe = RecipeExchange.Import("args = SFTConfig(eval_strategy='steps', eval_steps=0.2, num_train_epochs=1, per_device_train_batch_size=1)").Recipe with { ValSize = 4 };

        var length = TrainingRuns.Length(recipe, 54);

        Assert.Equal((50, 5, 10), (length.Steps, length.Evaluations, recipe.EvaluateEvery(length.Steps)));
    }

    [Theory]
    [InlineData(Factory + "save_steps: 50", null, "null")]
    [InlineData("args = SFTConfig()", null, "null")]
    [InlineData("args = TrainingArguments()", null, "null")]
    [InlineData(Axolotl, 4, "4")]
    [InlineData(Axolotl + "save_total_limit:", 4, "4")]
    public void Import_SaveTotalLimitAbsent_IsTheToolsOwnAndListed(string text, int? limit, string shown)
    {
        var imported = RecipeExchange.Import(text);

        Assert.Equal(limit, imported.Recipe.SaveTotalLimit);
        Assert.Contains(imported.Values, value => value is { Name: "save_total_limit", Kind: Carriage.Defaulted, Reason.Code: "exchange_default" } && value.Value == shown);
    }

    [Theory]
    [InlineData("parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig))\na, b, c = parser.parse_args_and_config()\ntrainer = SFTTrainer('m', args=b)", 2e-5, true, 1024, TrainingDtype.Bfloat16)]
    [InlineData("kinds = (ScriptArguments, SFTConfig)\nparser = TrlParser(kinds)\ntrainer = SFTTrainer('m', args=b)", 2e-5, true, 1024, TrainingDtype.Bfloat16)]
    [InlineData("trainer = SFTTrainer('m', train_dataset=rows)", 2e-5, true, 1024, TrainingDtype.Bfloat16)]
    [InlineData("trainer = SFTTrainer('m', args=SFTConfig(fp16=False))", 2e-5, true, 1024, TrainingDtype.Bfloat16)]
    [InlineData("trainer = SFTTrainer('m', args=SFTConfig(bf16=False))", 2e-5, true, 1024, TrainingDtype.Float32)]
    [InlineData("trainer = SFTTrainer('m', args=TrainingArguments())", 5e-5, false, 1024, TrainingDtype.Auto)]
    [InlineData("parser = HfArgumentParser((TrainingArguments, ModelArguments))\nmodel = AutoModelForCausalLM.from_pretrained(a.m)", 5e-5, false, 4096, TrainingDtype.Auto)]
    public void Import_ConfigByAnyWay_HasTheDefaultsOfItsClass(string text, double rate, bool checkpointing, int length, TrainingDtype dtype)
    {
        var recipe = RecipeExchange.Import(text).Recipe;

        Assert.Equal(text.Contains("SFTTrainer", StringComparison.Ordinal) ? "m" : "", recipe.Model);
        Assert.Equal((rate, checkpointing, length, dtype), (recipe.LearningRate, recipe.GradientCheckpointing, recipe.MaxLength, recipe.Dtype));
    }

    [Theory]
    [InlineData("args_one = SFTConfig(learning_rate=1e-4, seed=1)\nargs_two = SFTConfig(learning_rate=3e-4, max_length=99)\nargs_two.num_train_epochs = 9\nt = SFTTrainer('m', args=args_one)", 1e-4, 1024, 3.0)]
    [InlineData("args_one = SFTConfig(learning_rate=1e-4, seed=1)\nargs_two = SFTConfig(learning_rate=3e-4, max_length=99)\nargs_two.num_train_epochs = 9\nt = SFTTrainer('m', args=args_two)", 3e-4, 99, 9.0)]
    [InlineData("t = SFTTrainer('m', args=SFTConfig(learning_rate=1e-4))\nu = DPOTrainer('m', args=DPOConfig(learning_rate=1e-6, max_length=5))", 1e-4, 1024, 3.0)]
    [InlineData("lora = LoraConfig(r=4)\na = SFTConfig(learning_rate=1e-4)\nb = TrainingArguments(learning_rate=3e-4, num_train_epochs=5)", 1e-4, 1024, 3.0)]
    public void Import_TwoConfigsInOneScript_AreNotMixed(string text, double rate, int length, double epochs)
    {
        var imported = RecipeExchange.Import(text);

        Assert.Equal((rate, length, epochs), (imported.Recipe.LearningRate, imported.Recipe.MaxLength, imported.Recipe.NumTrainEpochs));
        Assert.Contains(imported.Values, value => value is { Kind: Carriage.NotCarried, Reason.Code: "exchange_second" });
    }

    [Fact]
    public void Import_TwoAdapters_TakesTheOneThatIsUsed()
    {
        var imported = RecipeExchange.Import("small = LoraConfig(r=4)\nlarge = LoraConfig(r=64, lora_alpha=128)\nmodel = get_peft_model(model, large)\nargs = SFTConfig()");

        Assert.Equal((64, 128.0), (imported.Recipe.Lora.R, imported.Recipe.Lora.LoraAlpha));
    }

    [Theory]
    [InlineData("DPOConfig(beta=0.1, learning_rate=5e-7)", "DPO")]
    [InlineData("from trl import DPOConfig, DPOTrainer, TrlParser\nparser = TrlParser((ScriptArguments, DPOConfig, ModelConfig))\nmodel = AutoModelForCausalLM.from_pretrained('m')", "DPO")]
    [InlineData("def make():\n    from trl import RewardConfig, RewardTrainer, TrlParser\n    kinds = (RewardConfig, ModelConfig)\n    return TrlParser(kinds)", "Reward")]
    [InlineData("import trl\ntrainer = trl.KTOTrainer(model, args=args)", "KTO")]
    [InlineData("from trl.experimental.online_dpo import OnlineDPOTrainer\ntrainer = OnlineDPOTrainer(model=model)", "OnlineDPO")]
    [InlineData("class Mine(GRPOTrainer):\n    pass\nargs = TrainingArguments()", "GRPO")]
    [InlineData("stage: dpo\npref_beta: 0.1\nlearning_rate: 5e-7", "DPO")]
    [InlineData("stage: rm\nlearning_rate: 5e-7", "reward model")]
    [InlineData("stage: pt\nmodel_name_or_path: m", "pre-training")]
    [InlineData("base_model: m\nrl: kto\nrl_beta: 0.1\nlearning_rate: 5e-7", "KTO")]
    [InlineData("base_model: m\nreward_model: true", "reward model")]
    [InlineData("model_name_or_path: m\ndataset_name: d\nnum_generations: 8", "GRPO")]
    [InlineData("trl dpo --model_name_or_path m --dataset_name d", "DPO")]
    [InlineData("accelerate launch trl/scripts/kto.py \\\n  --model_name_or_path m", "KTO")]
    [InlineData("llamafactory-cli train --stage ppo --model_name_or_path m", "PPO")]
    public void Import_AnotherObjective_IsRefusedByItsName(string text, string objective)
    {
        var refused = Assert.Throws<BadInputException>(() => RecipeExchange.Import(text));

        Assert.Contains($"the objective {objective},", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model: Qwen/Qwen3-8B\ntrain_type: lora\ndataset: d\nlora_rank: 8\nlearning_rate: 1e-4", "ms-swift")]
    [InlineData("model: m\ntuner_type: full\ndataset: d\nlearning_rate: 1e-4", "ms-swift")]
    [InlineData("swift sft --model m --dataset d --learning_rate 1e-4", "ms-swift")]
    [InlineData("model:\n  _component_: torchtune.models.llama3.lora_llama3_8b\n  lora_rank: 8\nbatch_size: 2", "torchtune")]
    [InlineData("tokenizer: {_component_: t}\nseed: 1\ngradient_accumulation_steps: 8\nmax_steps_per_epoch: 3", "torchtune")]
    [InlineData("tune run lora_finetune_single_device --config llama3/8B_lora", "torchtune")]
    [InlineData("model: m\ntrain: true\nfine_tune_type: lora\nlearning_rate: 1e-5", "mlx-lm")]
    [InlineData("model: m\nlearning_rate: 1e-5\nwarmup_ratio: 0.1", "named by model")]
    [InlineData("axolotl train config.yaml", "config.yaml")]
    [InlineData("trl sft --config sft.yaml", "sft.yaml")]
    [InlineData("python scripts/pissa_init.py \\\n  --model_name_or_path m", "YAML")]
    [InlineData("llamafactory-cli train examples/a.yaml", "examples/a.yaml")]
    public void Import_OtherTools_AreRefusedByTheirNames(string text, string named) =>
        Assert.Contains(named, Assert.Throws<BadInputException>(() => RecipeExchange.Import(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("llamafactory-cli train \\\n    --stage sft \\\n    --model_name_or_path x/y \\\n    --dataset d \\\n    --learning_rate 5e-05 \\\n    --lora_rank 16 \\\n    --bf16 \\\n    --lora_target q_proj,v_proj\n")]
    [InlineData("#!/bin/bash\nset -x\nMODEL='x/y'  # the base\nRANK=16\nCUDA_VISIBLE_DEVICES=0 llamafactory-cli train --stage=sft --model_name_or_path ${MODEL} --dataset \"d\" --learning-rate 5e-05 --lora_rank $RANK --bf16 True --lora_target q_proj,v_proj && echo done")]
    [InlineData("torchrun --nproc_per_node 2 src/train.py --stage sft --model_name_or_path x/y --dataset d --learning_rate 5e-05 --lora_rank ${RANK:-16} --bf16 --lora_target q_proj v_proj")]
    public void Import_LlamaFactorysCommandLine_IsThatOfItsYaml(string text)
    {
        var yaml = RecipeExchange.Import("stage: sft\nmodel_name_or_path: x/y\ndataset: d\nlearning_rate: 5e-05\nlora_rank: 16\nbf16: true\nlora_target: q_proj,v_proj");

        var imported = RecipeExchange.Import(text);

        Assert.Equal((RecipeFormat.LlamaFactory, yaml.Recipe.ToJson()), (imported.Format, imported.Recipe.ToJson()));
    }

    [Fact]
    public void Import_TrlsCommandLine_IsThatOfItsYaml()
    {
        var yaml = RecipeExchange.Import("model_name_or_path: m\ndataset_name: d\nlearning_rate: 2.0e-4\nuse_peft: true\nlora_r: 32");

        var imported = RecipeExchange.Import("accelerate launch --config_file zero3.yaml trl/scripts/sft.py \\\n    --model_name_or_path m \\\n    --dataset_name d \\\n    --learning_rate 2.0e-4 \\\n    --use_peft \\\n    --lora_r 32");

        Assert.Equal((RecipeFormat.Trl, yaml.Recipe.ToJson()), (imported.Format, imported.Recipe.ToJson()));
    }

    [Theory]
    [InlineData("# llamafactory-cli train this.yaml\nmodel_name_or_path: it's\nstage: sft\nlearning_rate: 1.0e-3")]
    [InlineData("# don't tune run anything\nbase_model: m\nlearning_rate: 1.0e-3")]
    public void Import_YamlThatNamesACommandInAComment_IsYaml(string text) => Assert.Equal(1e-3, RecipeExchange.Import(text).Recipe.LearningRate);

    [Fact]
    public void Import_ShellVariableFromOutside_IsNamedAsUnread()
    {
        var imported = RecipeExchange.Import("llamafactory-cli train --stage sft --model_name_or_path m --learning_rate $LR");

        Assert.Contains(imported.Values, value => value is { Name: "learning_rate", Kind: Carriage.NotCarried, Reason.Code: "exchange_computed" });
    }

    [Theory]
    [InlineData(Axolotl + "dataset_exact_deduplication: true", "dataset_exact_deduplication")]
    [InlineData(Axolotl + "special_tokens:\n  eos_token: '<|im_end|>'", "special_tokens.eos_token")]
    [InlineData(Axolotl + "eot_tokens: ['<|eot|>']", "eot_tokens")]
    [InlineData(Axolotl + "tokenizer_config: other/tokenizer", "tokenizer_config")]
    [InlineData(Axolotl + "resume_from_checkpoint: out/checkpoint-5", "resume_from_checkpoint")]
    [InlineData(Axolotl + "plugins: [axolotl.integrations.kd.KDPlugin]", "plugins")]
    [InlineData(Axolotl + "datasets:\n  - path: a.jsonl\n    type: chat_template\n    field_messages: conversations", "datasets.field_messages")]
    [InlineData(Axolotl + "datasets:\n  - path: a.jsonl\n    message_property_mappings: {role: from, content: value}", "datasets.message_property_mappings")]
    [InlineData(Factory + "split_special_tokens: true", "split_special_tokens")]
    [InlineData(Factory + "resize_vocab: true", "resize_vocab")]
    [InlineData(Factory + "ignore_pad_token_for_loss: false", "ignore_pad_token_for_loss")]
    [InlineData(Factory + "data_seed: 7", "data_seed")]
    [InlineData("args = SFTConfig(eos_token='<|im_end|>')", "eos_token")]
    [InlineData("args = SFTConfig(dataset_text_field='body')", "dataset_text_field")]
    [InlineData("args = SFTConfig(model_init_kwargs={'revision': 'v2'})", "model_init_kwargs")]
    [InlineData("args = SFTConfig()\nt = AutoTokenizer.from_pretrained('m', add_eos_token=True)", "add_eos_token")]
    [InlineData("args = SFTConfig()\nm = AutoModelForCausalLM.from_pretrained('m', max_position_embeddings=99)", "max_position_embeddings")]
    public void Import_WhatChangesTheTraining_IsNotCalledNeedless(string text, string name)
    {
        var imported = RecipeExchange.Import(text);

        var value = Assert.Single(imported.Values, value => value.Name == name);
        Assert.Equal(Carriage.NotCarried, value.Kind);
        Assert.NotEqual("exchange_not_needed", value.Reason!.Code);
    }

    [Theory]
    [InlineData(Factory, EpochEnd.ShortStep, 15)]
    [InlineData(Factory + "dataloader_drop_last: true", EpochEnd.DropLast, 12)]
    [InlineData("args = SFTConfig()", EpochEnd.ShortStep, 15)]
    [InlineData("args = TrainingArguments(dataloader_drop_last=True)", EpochEnd.DropLast, 12)]
    [InlineData(Axolotl, EpochEnd.WholeRun, 14)]
    public void Import_EndOfAnEpoch_IsTheToolsOwn(string text, EpochEnd end, int steps)
    {
        var imported = RecipeExchange.Import(text);

        Assert.Equal(end, imported.Recipe.EpochEnd);
        Assert.Equal(steps, TrainingRuns.Length(imported.Recipe with { PerDeviceTrainBatchSize = 4, NumTrainEpochs = 3 }, 18).Steps);
        Assert.Equal(end == EpochEnd.WholeRun, imported.Values.Any(value => value is { Field: "epoch_end", Kind: Carriage.Defaulted, Reason.Code: "exchange_whole_run" }));
    }

    [Theory]
    [InlineData("batch_size: 8", 4, true)]
    [InlineData("batch_size: 9", 4, false)]
    [InlineData("gradient_accumulation_steps: 3", 3, true)]
    public void Import_AxolotlsWholeBatch_BecomesAccumulation(string line, int steps, bool same)
    {
        var imported = RecipeExchange.Import(Axolotl + line);

        Assert.Equal(steps, imported.Recipe.GradientAccumulationSteps);
        Assert.Equal(same, imported.Values.Single(value => value.Field == "gradient_accumulation_steps").Kind == Carriage.Carried);
    }

    [Theory]
    [InlineData("eval_steps", 0.0)]
    [InlineData("save_steps", 2.5)]
    [InlineData("logging_steps", -1.0)]
    public void Problems_StepsThatAreNeitherWholeNorAShare_AreErrors(string field, double value)
    {
        var recipe = new TrainingRecipe { Model = "m", Dataset = "d" };
        recipe = field switch { "eval_steps" => recipe with { EvalSteps = value }, "save_steps" => recipe with { SaveSteps = value }, _ => recipe with { LoggingSteps = value } };

        Assert.Contains(recipe.Problems(), problem => problem is { Code: "not_steps", IsError: true } && problem.Field == field);
    }
}
