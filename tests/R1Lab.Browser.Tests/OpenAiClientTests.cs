using System.Text.Json.Nodes;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>The openai package asks the running program, with the demo model that comes with it.</summary>
public sealed class OpenAiClientTests
{
    private const string Key = "r1l_key-of-the-client-tests-0123456789";

    [Fact]
    public async Task OpenAiPackage_ListsChatsCompletesAndReadsErrors()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var demo = Directory.GetDirectories(Path.Combine(ReferenceFiles.Repository, "samples", "models")).Order(StringComparer.Ordinal).First();
        var model = Path.GetFileName(demo);
        var folder = await NodeClient.InstallAsync("openai", cancellation);
        await using var lab = await LabServer.StartAsync(new() { ["Lab__Bootstrap__ApiKey"] = Key }, cancellation);
        await RegisterAsync(lab.Address, demo, model, cancellation);

        var (exit, output, errors) = await NodeClient.RunAsync(
            "node", folder, ["ask.js"], new Dictionary<string, string> { ["LAB_URL"] = lab.Address.ToString().TrimEnd('/'), ["LAB_KEY"] = Key, ["LAB_MODEL"] = model }, cancellation);

        Assert.True(exit == 0, $"{errors}\n{lab.Output}");
        var seen = JsonNode.Parse(output)!;
        Assert.Contains(model, seen["models"]!.AsArray().Select(m => m!.GetValue<string>()));
        var (whole, streamed) = (seen["whole"]!, seen["streamed"]!);
        Assert.NotEqual("", whole["content"]!.GetValue<string>() + whole["reasoning"]!.GetValue<string>());
        foreach (var field in (string[])["content", "reasoning", "finish"]) Assert.Equal(whole[field]?.GetValue<string>(), streamed[field]?.GetValue<string>());
        Assert.Equal(whole["usage"]!.ToJsonString(), streamed["usage"]!.ToJsonString());
        Assert.Equal(1, streamed["ids"]!.GetValue<int>());
        Assert.StartsWith("1+2", seen["completion"]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(seen["completion"]!["usage"]!["total_tokens"]!.GetValue<int>(), seen["completion"]!["tokens"]!.GetValue<int>());
        Assert.Equal("""{"name":"NotFoundError","status":404,"code":"model_not_found","param":"model","type":"invalid_request_error"}""", seen["errors"]!["model"]!.ToJsonString());
        Assert.Equal(("BadRequestError", "temperature"), (seen["errors"]!["field"]!["name"]!.GetValue<string>(), seen["errors"]!["field"]!["param"]!.GetValue<string>()));
        Assert.Equal(("AuthenticationError", "invalid_api_key"), (seen["errors"]!["key"]!["name"]!.GetValue<string>(), seen["errors"]!["key"]!["code"]!.GetValue<string>()));
    }

    private static async Task RegisterAsync(Uri lab, string path, string name, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = lab };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        using var body = new StringContent(new JsonObject { ["path"] = path, ["name"] = name }.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri("api/v1/models", UriKind.Relative), body, cancellation);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellation));
    }
}
