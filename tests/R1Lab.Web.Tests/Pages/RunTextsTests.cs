using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;
using R1Lab.Web.Components.Charts;
using R1Lab.Web.Components.Pages.Comparisons;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

/// <summary>Texts whose keys are made from names of the engine: a new name must bring its text.</summary>
public sealed class RunTextsTests
{
    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().AddLocalization().BuildServiceProvider();

    [Fact]
    public void Texts_ForEverySettingAndChoice_AreThere()
    {
        IEnumerable<string> form =
        [
            .. TrainingRecipe.PresetNames.SelectMany(name => new[] { $"Preset_{name}", $"Preset_{name}_hint" }),
            .. SnakeCase.Names<ThinkingPolicy>().SelectMany(name => new[] { $"Thinking_{name}", $"Thinking_{name}_hint" }),
            .. RecipeForm.Default.Groups.Select(group => $"Group_{group.Key}").Append("Group_probes"),
            .. SnakeCase.Names<TrainingMethod>().SelectMany(name => new[] { $"Method_{name}", $"Method_{name}_hint" }),
        ];
        IEnumerable<string> fields = RecipeForm.Default.All.Select(field => field.Name).SelectMany(name => new[] { $"Label_{name}", $"Help_{name}" });

        IEnumerable<string> schedules = SnakeCase.Names<SchedulerType>().Select(name => $"Choice_lr_scheduler_type_{name}");

        Assert.Empty(Missing<NewRunPage>(form));
        Assert.Empty(Missing<RecipeFieldInput>(schedules));
        Assert.Empty(Missing<RecipeFieldInput>(fields));
    }

    [Fact]
    public void Texts_ForStatesChartsAndEvents_AreThere()
    {
        Assert.Empty(Missing<RunStatusChip>(Enum.GetNames<RunStatus>()));
        Assert.Empty(Missing<RunCharts>(RunChart.All.Concat(ComparedRun.Charts).Select(chart => chart.TitleKey).Concat(MetricDefinitions.All.Select(definition => $"Metric_{definition.Key}"))));
        Assert.Empty(Missing<CompareRunsPage>(Enum.GetNames<MetricFigure>().Select(figure => $"Of_{figure}")));
        Assert.Empty(Missing<RunCharts>(Enum.GetNames<MarkKind>().Select(kind => $"Mark_{kind}")));
        Assert.Empty(Missing<RunReceiptPanel>(SnakeCase.Names<ReceiptGroup>().Select(group => $"Section_{group}")));
        Assert.Empty(Missing<RunReceiptPanel>(SnakeCase.Names<RowOmission>().Where(reason => reason != "none").Select(reason => $"Omitted_{reason}")));
        Assert.Empty(Missing<RunPage>(RunPage.Tabs.Select(tab => $"Tab_{tab}")));
        Assert.Empty(Missing<RunRowList>(Enum.GetNames<RowVerdict>().SelectMany(verdict => new[] { $"Verdict_{verdict}", $"Definition_{verdict}" })));
        Assert.Empty(Missing<RunRowList>(Enum.GetNames<LedgerOrder>().Select(order => $"Sort_{order}")));
        Assert.Empty(Missing<RunEvents>(typeof(TrainingEventKinds).GetFields().Select(field => $"Event_{field.GetRawConstantValue()}")));
        Assert.Empty(Missing<ProblemTexts>(Diagnosis.Codes));
        Assert.Empty(Missing<ProblemTexts>(RecipeExchange.ReasonCodes));
    }

    [Fact]
    public void Texts_ForMemoryAndData_AreThere()
    {
        string[] suggestions = ["smaller_micro_batch", "gradient_checkpointing", "activation_offloading", "embedding_on_host", "unload_chat_model", "bfloat16", "adamw_8bit", "qlora", "lora", "shorter_max_length", "lower_rank"];

        Assert.Empty(Missing<MemoryBar>(MemoryBarParts.Keys.Select(key => $"Part_{key}").Concat(suggestions.Select(code => $"Suggestion_{code}"))));
        Assert.Empty(Missing<DataCheck>(SnakeCase.Names<RowOmission>().Where(name => name != "none").Append("split").Select(name => $"Rows_{name}")));
        Assert.Empty(Missing<RowSamples>(Enum.GetNames<RowSampleKind>().Select(kind => $"Kind_{kind}")));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"learning_rate":0,"max_length":0,"num_train_epochs":0,"warmup_ratio":2,"adam_beta1":1,"lora":{"r":0,"lora_alpha":0,"lora_dropout":1,"target_modules":[]}}""")]
    [InlineData("""{"model":"m","dataset":"d","learning_rate":1,"lr_scheduler_type":"cosine_with_min_lr","dtype":"float16","eval_steps":5,"lora":{"target_modules":["query_key_value","nothing"]}}""")]
    [InlineData("""{"model":"m","dataset":"d","learning_rate":1e-9,"lr_scheduler_type":"constant","warmup_steps":50,"save_steps":900,"logging_steps":900,"eval_steps":900,"val_size":2}""")]
    [InlineData("""{"model":"m","dataset":"d","evals_per_epoch":2,"eval_steps":5,"early_stopping_patience":9,"load_best_model_at_end":true}""")]
    [InlineData("""{"model":"m","dataset":"d","early_stopping_patience":9,"val_size":8}""")]
    [InlineData("""{"model":"m","dataset":"d","method":"full","embedding_on_host":true,"activation_offloading":true}""")]
    [InlineData("""{"model":"m","dataset":"d","evals_per_epoch":0,"early_stopping_threshold":-1,"probe_prompts":[" "],"probe_max_new_tokens":0}""")]
    public void Texts_ForProblemsOfARecipe_AreThere(string json)
    {
        var recipe = TrainingRecipe.Parse(json, out _)!;
        var length = new RunLength { TrainRows = 38, EvaluationRows = 2, Steps = 30, Epochs = 3, LinesPerEpoch = 38, Evaluations = 3 };

        var problems = recipe.Problems(length);

        Assert.Empty(Missing<ProblemTexts>(problems.Select(problem => problem.Code)));
    }

    private IEnumerable<string> Missing<T>(IEnumerable<string> keys)
    {
        var text = _services.GetRequiredService<IStringLocalizer<T>>();
        return keys.Where(key => text[key].ResourceNotFound).ToList();
    }
}
