using R1Lab.Data.Models;
using R1Lab.Engine;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>Finds the model a recipe names: by registered name, or by the path of a folder.</summary>
public sealed class ModelChooser(ModelStore models)
{
    /// <returns>The model, or null with a problem added.</returns>
    public async Task<ModelChoice?> ChooseAsync(TrainingRecipe recipe, List<Problem> problems, CancellationToken cancellationToken = default)
    {
        try
        {
            var choice = await FindAsync(recipe.Model, cancellationToken);
            if (choice is null) problems.Add(PlanProblems.NoModel(recipe.Model));
            else if (choice.Adapter is not null && recipe.Method == TrainingMethod.Full) problems.Add(PlanProblems.AdapterNeedsLora(recipe.Model));
            else if (recipe.Method != TrainingMethod.Full && (recipe.Lora.InitFrom ?? choice.Adapter) is { } start) AdapterFit.Check(start, choice.Config);
            return choice;
        }
        catch (BadInputException bad)
        {
            problems.Add(PlanProblems.BadModel(bad));
            return null;
        }
    }

    private async Task<ModelChoice?> FindAsync(string nameOrPath, CancellationToken cancellationToken)
    {
        var registered = await models.FindAsync(nameOrPath, cancellationToken);
        if (registered is null && Directory.Exists(nameOrPath))
        {
            var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(nameOrPath));
            registered = await models.FindByPathAsync(path, cancellationToken)
                ?? new RegisteredModel { Name = Path.GetFileName(path), Path = path, Kind = ModelFolder.Open(path).Kind == ModelFolderKind.Adapter ? ModelKind.Adapter : ModelKind.Base };
        }

        if (registered is null) return null;
        return registered.Kind == ModelKind.Adapter ? await OnBaseAsync(registered, cancellationToken) : Look(registered, null);
    }

    private async Task<ModelChoice?> OnBaseAsync(RegisteredModel adapter, CancellationToken cancellationToken)
    {
        if (adapter.BaseModelId is { } id && await models.GetAsync(id, cancellationToken) is { } known) return Look(known, adapter);

        var named = PeftAdapterConfig.Load(adapter.Path).BaseModelNameOrPath ?? "";
        if (await models.FindAsync(named, cancellationToken) is { } found) return Look(found, adapter);
        if (!Directory.Exists(named)) throw new BadInputException(adapter.Path, "base_model_name_or_path", "base_not_registered", $"the base model \"{named}\" is not registered here");
        return Look(new RegisteredModel { Name = Path.GetFileName(named), Path = Path.GetFullPath(named) }, adapter);
    }

    private static ModelChoice Look(RegisteredModel model, RegisteredModel? adapter)
    {
        var (folder, config) = DecoderFolder.Read(model.Path);
        return new(model.Name, model.Path, adapter?.Path, model.Id == 0 ? null : model.Id, folder.HasTokenizer, config);
    }
}
