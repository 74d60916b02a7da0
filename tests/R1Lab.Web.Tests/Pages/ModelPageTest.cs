using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Options;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;
using R1Lab.Web.Tests.Models;
using R1Lab.Web.Training;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Tests.Pages;

/// <summary>Pages that talk to models and datasets, with the real stores, importer and model host.</summary>
public abstract class ModelPageTest : PageTest
{
    protected ModelPageTest(string language = "en") : base(language)
    {
        Services.Configure<LabOptions>(lab => (lab.DataFolder, lab.SamplesFolder) = (Folder, Path.Combine(Folder, "samples")));
        Services.AddLabRunning();
        Services.AddSingleton<ModelLibrary>();
        Services.AddSingleton<GenerationTurns>();
        Services.AddSingleton<ModelHost>();
        Services.AddRemoteEngines();
        Services.AddSingleton<EngineDirectory>();
        Services.AddSingleton<ChatService>();
        Services.AddSingleton<Reply>();
        Services.AddSingleton<UploadFolder>();
        Services.AddSingleton<DatasetImport>();
    }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected Task AddScriptedModelAsync(string name = ModelLab.Scripted) => Get<ModelLibrary>().RegisterAsync(Actors.Lab, ScriptedModel.Folder, name, null, Cancellation);

    protected Task<Dataset> AddDatasetAsync(string name = "sums", int rows = 3) => Get<DatasetStore>().CreateAsync(
        Actors.Lab, new NewDataset(name, DatasetFormats.PromptResponse, "admin", "admin"), Enumerable.Range(1, rows).Select(i => TestRows.Pair($"{i}+{i}?", $"{2 * i}")), Cancellation);
}
