using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Options;
using R1Lab.Web.Serving;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Tests.Studies;

/// <summary>Pages of studies and ratings with a model that answers at once.</summary>
public abstract class StudyTest : PageTest
{
    protected const string BaseName = "qwen-base";
    protected const string TunedName = "qwen-base:tuned";

    protected StudyTest(string language = "en") : base(language)
    {
        Services.AddOptions<LabOptions>();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton<DeviceLease>();
        Services.AddSingleton<DeviceMemory>();
        Services.AddSingleton<ModelRoom>();
        Services.AddSingleton<GenerationTurns>();
        Services.AddSingleton<ModelLibrary>();
        Services.AddSingleton<ModelHost>();
        Services.AddSingleton<QuickAnswerer>();
        Services.AddSingleton<IStudyAnswerer>(services => services.GetRequiredService<QuickAnswerer>());
        Services.AddSingleton<StudyGenerator>();
    }

    /// <summary>An open study with two answers to each prompt.</summary>
    protected Task<Study> AddStudyAsync(string name = "Study", string? language = null, params string[] prompts) =>
        AddStudyAsync(name, Actors.Lab, language, prompts);

    /// <summary>The same, of this owner.</summary>
    protected Task<Study> AddStudyAsync(string name, string owner) => AddStudyAsync(name, Actors.User(owner), null, []);

    private Task<Study> AddStudyAsync(string name, Actor owner, string? language, string[] prompts) => Get<StudyStore>().CreateAsync(
        owner,
        new NewStudy(name)
        {
            Language = language,
            Overlap = 2,
            Items = [.. (prompts.Length > 0 ? prompts : ["1+1?"]).Select(prompt => new NewStudyItem(prompt,
            [
                new NewStudyResponse(BaseName, $"First of {prompt}", "aaaa"),
                new NewStudyResponse(TunedName, $"**Second** of {prompt}", "bbbb") { Reasoning = "hidden thought" },
            ]))],
        });

    protected async Task AddModelsAsync()
    {
        var root = await Get<ModelStore>().AddAsync(Actors.Lab, new RegisteredModel { Name = BaseName, Path = Path.Combine(Folder, "base"), Kind = ModelKind.Base });
        await Get<ModelStore>().AddAsync(Actors.Lab, new RegisteredModel { Name = TunedName, Path = Path.Combine(Folder, "tuned"), Kind = ModelKind.Adapter, BaseModelId = root.Id });
    }

    /// <summary>Every score of one answer.</summary>
    protected static IEnumerable<SlotScore> Whole(int slot, int? value) =>
        StandardCriteria.All().Select(criterion => new SlotScore(slot, criterion.Key, value, value is null));
}

/// <summary>Answers with model and prompt; fails or waits when told to.</summary>
public sealed class QuickAnswerer : IStudyAnswerer
{
    private int _asked;

    public int Asked => _asked;

    /// <summary>The prompt that fails.</summary>
    public string? Broken { get; set; }

    /// <summary>Answers wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public async Task<StudyAnswer> AnswerAsync(string model, string prompt, ReplySettings settings, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _asked);
        await Gate.WaitAsync(cancellation);
        if (prompt == Broken) throw new ModelUnavailableException("The tokenizer is missing.");
        return new StudyAnswer($"{model} says {prompt}", "thought", $"print-{model}", 3, false);
    }
}
