using R1Lab.Data.Datasets;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Web.Device;

namespace R1Lab.Web.Training;

/// <summary>
/// Looks at a recipe with the eyes of the data: finds model and dataset, encodes the rows, and gathers every problem, so that the form, the API
/// and the queue say the same.
/// </summary>
public sealed class RunPlanner(ModelChooser models, DatasetStore datasets, DatasetEncoder encoder, RunPace pace, RunSurroundings surroundings, ComputeStatus compute)
{
    public Task<RunPlan> PlanAsync(TrainingRecipe recipe, CancellationToken cancellationToken = default) => PlanAsync(recipe, null, cancellationToken);

    /// <summary>The same for a run that was put in line: with the dataset it was given then, whatever that one or another is called by now.</summary>
    public Task<RunPlan> PlanAsync(Run run, TrainingRecipe recipe, CancellationToken cancellationToken = default) => PlanAsync(recipe, run.DatasetId, cancellationToken);

    /// <summary>Some of the rows the recipe would train, whatever else may be wrong with it.</summary>
    public async Task<IReadOnlyList<RowSample>> SampleAsync(TrainingRecipe recipe, int seed, CancellationToken cancellationToken = default)
    {
        var problems = new List<Problem>();
        if (recipe.Model.Length == 0 || recipe.Dataset.Length == 0 || recipe.MaxLength < 1) return [];
        if (await models.ChooseAsync(recipe, problems, cancellationToken) is not { } model) return [];
        if (await FindDatasetAsync(recipe.Dataset, null, problems, cancellationToken) is not { } dataset) return [];
        return await EncodeAsync(recipe, model, dataset, problems, cancellationToken) is { } data ? await Task.Run(() => RowSampler.Of(data, seed), cancellationToken) : [];
    }

    private async Task<RunPlan> PlanAsync(TrainingRecipe recipe, int? datasetId, CancellationToken cancellationToken)
    {
        var problems = new List<Problem>();
        if (compute.Failure is { } failure) problems.Add(PlanProblems.NoDevice(failure));
        var model = recipe.Model.Length == 0 ? null : await models.ChooseAsync(recipe, problems, cancellationToken);
        var dataset = recipe.Dataset.Length == 0 ? null : await FindDatasetAsync(recipe.Dataset, datasetId, problems, cancellationToken);
        var own = recipe.Problems(parameters: model?.Config.ParameterCount).ToList();
        if (model is null || dataset is null || own.Any(problem => problem.IsError)) return new(recipe, model, dataset, [], Check(recipe, [.. own, .. problems]));

        var data = await EncodeAsync(recipe, model, dataset, problems, cancellationToken);
        if (data is null) return new(recipe, model, dataset, [], Check(recipe, [.. own, .. problems]));

        var length = await Task.Run(() => RunLength.Of(recipe, data.Set.Examples), cancellationToken);
        problems.InsertRange(0, recipe.Problems(length, model.Config.ParameterCount));
        problems.AddRange(PlanProblems.Of(recipe, model, data));
        var facts = Facts(recipe, dataset, data.Set, length);
        var memory = surroundings.MemoryOf(facts, model.Config);
        var estimate = RunEstimator.Of(recipe, facts, memory, await pace.MeasuredAsync(recipe, memory.Device.IsCuda, RunEstimator.TokensPerLine(facts), cancellationToken));
        problems.AddRange(PlanProblems.OfRoom(recipe, facts, estimate));
        return new(recipe, model, dataset, data.Set.Examples, Check(recipe, problems) with { Facts = facts, Estimate = estimate });
    }

    private async Task<EncodedRows?> EncodeAsync(
        TrainingRecipe recipe, ModelChoice model, Dataset dataset, List<Problem> problems, CancellationToken cancellationToken)
    {
        if (!model.HasTokenizer && dataset.Format != Data.Datasets.DatasetFormats.InputIds)
        {
            problems.Add(PlanProblems.NoTokenizer(model));
            return null;
        }

        try
        {
            return await encoder.EncodeAsync(recipe, model, dataset, cancellationToken);
        }
        catch (BadInputException bad)
        {
            problems.Add(PlanProblems.BadModel(bad));
            return null;
        }
    }

    private async Task<Dataset?> FindDatasetAsync(string nameOrId, int? known, List<Problem> problems, CancellationToken cancellationToken)
    {
        var found = known is { } number ? await datasets.GetAsync(number, cancellationToken) : await datasets.FindAsync(nameOrId, cancellationToken);
        if (found is null && known is null && int.TryParse(nameOrId, out var id)) found = await datasets.GetAsync(id, cancellationToken);
        if (found is null) problems.Add(PlanProblems.NoDataset(nameOrId));
        return found;
    }

    private static RunCheck Check(TrainingRecipe recipe, IReadOnlyList<Problem> problems) =>
        new([.. problems.OrderByDescending(problem => problem.Severity).DistinctBy(problem => (problem.Field, problem.Code))], null, null) { Confirmed = recipe.Confirmed };

    private static RunFacts Facts(TrainingRecipe recipe, Dataset dataset, EncodedDataset data, RunLength length)
    {
        var overLong = data.Omitted.Count(row => row.Reason == RowOmission.TooLong);
        return new()
        {
            Rows = data.Rows,
            TrainRows = length.TrainRows,
            EvaluationRows = length.EvaluationRows,
            OverLongRows = overLong + data.SplitRows.Count,
            SplitRowIds = data.SplitRows,
            Omitted = data.Omitted,
            TextRows = data.TextRows,
            DatasetId = dataset.Id,
            Lengths = data.Corpus.Lengths,
            OtherRowsLeftOut = data.Omitted.Count - overLong,
            ThinkingRows = data.RowsWithThought,
            Tokens = data.Tokens,
            TrainedTokens = data.TrainedTokens,
            LongestRow = data.LongestRow,
            MaxLength = recipe.MaxLength,
            TotalSteps = length.Steps,
            Epochs = length.Epochs,
            LinesPerEpoch = length.LinesPerEpoch,
            LinesPerStep = recipe.EffectiveBatchSize,
        };
    }
}
