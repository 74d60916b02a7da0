using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using R1Lab.Tests.Shared;
using R1Lab.Tests.Shared.Desk;

namespace R1Lab.Browser.Tests;

/// <summary>One lab with data on all of its pages: a dataset, finished, running and waiting runs, a chat, a rated study.</summary>
public sealed class FilledLab : IAsyncDisposable
{
    private const string Name = "ada";
    private const string Password = "correct horse 7";
    private const string Key = "r1l_key-of-the-browser-tests";
    private const string Model = "r1lab-demo-qwen3-3m";
    private const string Question = "What is 12+30? 47+38等于多少？";

    private Browser? _browser;
    private LabServer? _server;
    private Task? _started;

    /// <summary>Every page, each with a text of its data that it must show in any language.</summary>
    internal static IReadOnlyList<LabPath> Pages { get; } =
    [
        new("", "long"), new("datasets", "demo"), new("datasets/1", "demo"), new("runs", "waiting"),
        new("runs/new?model=r1lab-demo-qwen3-3m&dataset=1", Model),
        new("runs/1", "slow"), new("runs/1?tab=events", "slow"), new("runs/1?tab=samples", "12+30"), new("runs/1?tab=checkpoints", "slow"),
        new("runs/1?tab=rows", "slow"), new("runs/1?tab=config", "learning_rate"), new("runs/1?tab=receipt", "slow"), new("runs/3", "long"),
        new("compare?runs=1,2", "fast"), new("models", "fast"), new("chat", Model), new("chat/1", "12+30"), new("chat/compare", Model),
        new("studies", "First look"), new("studies/new", Model), new("studies/1", "First look"), new("rate", "Question"),
        new("system/device", "long"), new("system/users", Name), new("system/keys", "r1l_"), new("system/endpoints", "remote-8b"), new("system/certificate"), new("trust"),
        new("not-found"), new("account/password"),
    ];

    /// <summary>A page of its own profile, signed in; the first caller waits until the lab is filled.</summary>
    internal async Task<IPage> OpenAsync(string language, int width, string theme)
    {
        await (_started ??= StartAsync(TestContext.Current.CancellationToken));
        var (page, _) = await _browser!.OpenAsync(_server!.Address, language, width);
        await page.Context.AddCookiesAsync([new() { Name = "lab-theme", Value = theme, Url = _server.Address.ToString() }]);
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await page.GotoAsync("account/sign-in");
        await page.FillAsync("[name=name]", Name);
        await page.FillAsync("[name=password]", Password);
        await page.ClickAsync("main button[type=submit]");
        await page.WaitForSelectorAsync("main h1", new() { Timeout = LabPage.Patience });
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        _browser = await Browser.StartAsync();
        var settings = new Dictionary<string, string> { ["Lab__Bootstrap__ApiKey"] = Key, ["OMP_NUM_THREADS"] = "1" };
        _server = await LabServer.StartAsync(settings, cancellation);
        var (page, _) = await _browser.OpenAsync(_server.Address);
        var lab = new LabPage(page);
        await lab.SetUpAsync(await _server.SetUpLinkAsync(cancellation), Name, Password);
        using var api = new HttpClient { BaseAddress = _server.Address };
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        await FillAsync(api, cancellation);
        foreach (var question in new[] { Question, "47-22等于多少？" })
        {
            await lab.OpenAsync($"chat?model={Model}");
            await lab.AskAsync(question, answers: 1);
        }

        await RateAsync(page);
        foreach (var name in new[] { "long", "waiting" }) await TrainAsync(api, name, 1e-4, 20_000, cancellation);
        await page.Context.CloseAsync();
    }

    /// <summary>Five of six questions, so that the study has results and the desk has a question.</summary>
    private static async Task RateAsync(IPage page)
    {
        var rater = new DeskRater(page, new Random(1));
        await rater.OpenAsync();
        for (var rated = 0; rated < 5; rated++) await rater.RateAsync(keyGap: 0, withComment: false);
    }

    private static async Task FillAsync(HttpClient api, CancellationToken cancellation)
    {
        var rows = File.ReadLines(Path.Combine(ReferenceFiles.Repository, "samples", "datasets", "two-step-problems.jsonl")).Take(96);
        using var imported = await api.PostAsync("api/v1/datasets?name=demo", new StringContent(string.Join('\n', rows)), cancellation);
        Assert.True(imported.IsSuccessStatusCode, await imported.Content.ReadAsStringAsync(cancellation));
        foreach (var (name, rate) in new[] { ("slow", 1e-4), ("fast", 2e-3) })
        {
            await FinishedAsync(api, await TrainAsync(api, name, rate, 16, cancellation), cancellation);
        }

        await PostAsync(api, "api/v1/endpoints", new { name = "remote-8b", address = "https://inference.example.org/api/v1", model = "deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", key = "sk-1" }, cancellation);
        var study = new { name = "First look", overlap = 1, items = Enumerable.Range(1, 6).Select(Item) };
        await PostAsync(api, "api/v1/studies", study, cancellation);
    }

    private static object Item(int number) => new
    {
        prompt = $"Question {number}: {Question}",
        responses = new[] { Model, "fast" }.Select(model => new { model, text = Answer(number + model.Length) }),
    };

    private static string Answer(int number) => $"<think>\n12+30={number}\n</think>\n\n**{number}** `x`\n\n| a | b |\n|--|--|\n| 1 | 2 |";

    private static async Task<int> TrainAsync(HttpClient api, string name, double rate, int steps, CancellationToken cancellation)
    {
        var settings = new
        {
            name,
            model = Model,
            dataset = "demo",
            max_steps = steps,
            learning_rate = rate,
            logging_steps = 1,
            per_device_train_batch_size = 4,
            max_length = 256,
            val_size = 0.1,
            eval_steps = 8,
            probe_prompts = new[] { Question, "47+38等于多少？" },
            probe_max_new_tokens = 32,
        };
        return (await PostAsync(api, "api/v1/runs", settings, cancellation)).GetProperty("id").GetInt32();
    }

    private static async Task<JsonElement> PostAsync(HttpClient api, string path, object body, CancellationToken cancellation)
    {
        using var answer = await api.PostAsJsonAsync(path, body, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task FinishedAsync(HttpClient api, int run, CancellationToken cancellation)
    {
        for (; ; await Task.Delay(200, cancellation))
        {
            var status = (await api.GetFromJsonAsync<JsonElement>($"api/v1/runs/{run}", cancellation)).GetProperty("status").GetString();
            if (status is "queued" or "running") continue;
            Assert.Equal("finished", status);
            return;
        }
    }
}

/// <summary>Shared, so that the lab is filled once.</summary>
[CollectionDefinition(nameof(FilledLab))]
public sealed class FilledLabTests : ICollectionFixture<FilledLab>;
