using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>Makes a finished run's adapter or model known under the run's name, and its base model too, so that chat finds both.</summary>
public sealed class RunResults(ModelStore models, ModelChooser chooser)
{
    public async Task<RegisteredModel> RegisterAsync(Run run, TrainingResult result)
    {
        var output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(result.OutputPath));
        var folder = ModelFolder.Open(output);
        var recipe = TrainingRecipe.Parse(run.RecipeJson, out _);
        var problems = new List<Engine.Problem>();
        var choice = recipe is null ? null : await chooser.ChooseAsync(recipe, problems);
        var isAdapter = folder.Kind == ModelFolderKind.Adapter;
        return await models.RegisterFolderAsync(Actor.System("training"), new RegisteredModel
        {
            Name = run.Name,
            Path = output,
            Kind = isAdapter ? ModelKind.Adapter : ModelKind.Full,
            BaseModelId = isAdapter && choice is not null ? choice.Registered ?? (await RegisterBaseAsync(choice)).Id : null,
            RunId = run.Id,
            OwnerId = run.OwnerId,
            OwnerName = run.OwnerName,
            Family = choice?.Config.Family.ToString().ToLowerInvariant(),
            ParameterCount = choice?.Config.ParameterCount,
            Dtype = folder.Dtype,
            Fingerprint = folder.Fingerprint,
        });
    }

    private Task<RegisteredModel> RegisterBaseAsync(ModelChoice choice)
    {
        var folder = ModelFolder.Open(choice.Folder);
        return models.RegisterFolderAsync(Actor.System("training"), new RegisteredModel
        {
            Name = choice.Name,
            Path = choice.Folder,
            Kind = ModelKind.Base,
            Family = choice.Config.Family.ToString().ToLowerInvariant(),
            ParameterCount = choice.Config.ParameterCount,
            Dtype = folder.Dtype,
            Fingerprint = folder.Fingerprint,
        });
    }
}
