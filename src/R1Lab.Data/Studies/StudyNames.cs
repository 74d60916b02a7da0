using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Studies;

/// <summary>Every name by which a study's models may be known to its raters.</summary>
internal static class StudyNames
{
    /// <summary>
    /// The models by the name they had when they answered and by the one they have now, the models they are based on, and the runs that
    /// made them by name and number.
    /// </summary>
    public static async Task<BlindText> BlindAsync(LabDbContext context, int studyId, CancellationToken cancellationToken)
    {
        var answered = await context.StudyItems.Where(item => item.StudyId == studyId)
            .Join(context.StudyResponses, item => item.Id, response => response.ItemId, (_, response) => response)
            .Select(response => new { response.ModelName, response.Fingerprint, response.RunId }).Distinct().ToListAsync(cancellationToken);
        var names = answered.Select(one => one.ModelName).ToHashSet();
        var fingerprints = answered.Select(one => one.Fingerprint).Where(print => print.Length > 0).ToHashSet();
        var models = await context.Models.AsNoTracking()
            .Where(model => names.Contains(model.Name) || fingerprints.Contains(model.Fingerprint!)).ToListAsync(cancellationToken);
        var bases = models.Select(model => model.BaseModelId).OfType<int>().ToHashSet();
        models.AddRange(await context.Models.AsNoTracking().Where(model => bases.Contains(model.Id)).ToListAsync(cancellationToken));
        var runs = models.Select(model => model.RunId).Concat(answered.Select(one => one.RunId)).OfType<int>().ToHashSet();
        names.UnionWith(models.Select(model => model.Name));
        names.UnionWith(await context.Runs.Where(run => runs.Contains(run.Id)).Select(run => run.Name).ToListAsync(cancellationToken));
        names.UnionWith(runs.Select(run => $"run {run}"));
        return new BlindText(names);
    }
}
