using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;

namespace R1Lab.Data.Studies;

/// <summary>Follows models back through the runs that made them, to the rows they were trained on.</summary>
public sealed class TrainingHistory(IDbContextFactory<LabDbContext> contexts)
{
    /// <summary>What the named models were trained on.</summary>
    public async Task<TrainedPrompts> OfAsync(IReadOnlyCollection<string> models, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var registered = await context.Models.AsNoTracking().ToListAsync(cancellationToken);
        var rows = new Dictionary<int, TrainedPrompts.Source>();
        var found = new Dictionary<string, TrainedPrompts.Source>();
        foreach (var model in registered.Where(model => models.Contains(model.Name)))
        {
            var sources = new List<TrainedPrompts.Source>();
            foreach (var run in await RunsAsync(context, model, registered, cancellationToken))
            {
                if (!rows.TryGetValue(run.Id, out var source)) source = rows[run.Id] = await RowsAsync(context, run, cancellationToken);
                sources.Add(source);
            }

            found[model.Name] = new TrainedPrompts.Source([.. sources.SelectMany(source => source.Hashes)], sources.All(source => source.IsWhole));
        }

        return new TrainedPrompts(found);
    }

    /// <summary>The run that made a model, those that made the models it was trained from or is based on, and so on.</summary>
    private static async Task<List<Run>> RunsAsync(
        LabDbContext context, RegisteredModel model, List<RegisteredModel> registered, CancellationToken cancellationToken)
    {
        var runs = new List<Run>();
        var seen = new HashSet<int>();
        var open = new Stack<RegisteredModel>([model]);
        while (open.TryPop(out var one))
        {
            if (!seen.Add(one.Id)) continue;
            foreach (var root in registered.Where(other => other.Id == one.BaseModelId)) open.Push(root);
            if (one.RunId is not { } runId || await context.Runs.AsNoTracking().FirstOrDefaultAsync(run => run.Id == runId, cancellationToken) is not { } run)
                continue;
            runs.Add(run);
            foreach (var start in registered.Where(other => other.Name == run.ModelName || other.Path == run.ModelName)) open.Push(start);
        }

        return runs;
    }

    /// <summary>
    /// The prompts of the rows a run learned from, in each version they had. The ledger knows which those are, once a whole epoch is in it;
    /// before that every row of the dataset may be one.
    /// </summary>
    private static async Task<TrainedPrompts.Source> RowsAsync(LabDbContext context, Run run, CancellationToken cancellationToken)
    {
        if (run.DatasetId is not { } dataset) return new TrainedPrompts.Source([], IsWhole: false);
        var learned = context.RunRowLosses.Where(loss => loss.RunId == run.Id).Select(loss => loss.RowId);
        var isRecorded = await learned.AnyAsync(cancellationToken);
        var current = context.DatasetRows.Where(row => row.DatasetId == dataset && (!isRecorded || learned.Contains(row.Id)))
            .Select(row => new { row.Kind, row.Content });
        var earlier = context.DatasetEditRows
            .Where(row => context.DatasetEdits.Any(edit => edit.Id == row.EditId && edit.DatasetId == dataset))
            .Where(row => !isRecorded || learned.Contains(row.RowId)).Select(row => new { row.Kind, row.Content });
        var (hashes, isWhole) = (new HashSet<long>(), true);
        foreach (var row in (await current.ToListAsync(cancellationToken)).Concat(await earlier.ToListAsync(cancellationToken)))
        {
            if (row.Kind == RowKinds.Tokens) isWhole = false; // the prompt within token ids cannot be told
            else hashes.UnionWith(ConversationPrompts.Of(row.Content).Select(PromptHash.Of).OfType<long>());
        }

        return new TrainedPrompts.Source(hashes, isWhole);
    }
}
