using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;

namespace R1Lab.Web.Tests.Studies;

/// <summary>The way on which the rating desk sends its forms, as a browser and as somebody else's browser would use it.</summary>
public sealed class RatingEntryEndpointTests(LabHost lab) : IClassFixture<LabHost>
{
    [Fact]
    public async Task Put_NumbersOutOfOrderAndTwice_StoresTheNewestOnce()
    {
        using var client = lab.ApiClient();
        var task = await TaskAsync(client);

        var second = await PutAsync(client, task, Form(task, "a", 2, "draft", 2));
        var first = await PutAsync(client, task, Form(task, "a", 1, "draft", 1));
        var submitted = await PutAsync(client, task, Form(task, "a", 3, "submit", 3));
        var again = await PutAsync(client, task, Form(task, "a", 3, "submit", 3));

        Assert.Equal(["stored", "stale", "stored", "replayed"], new[] { second, first, submitted, again }.Select(one => one.Body["outcome"]!.GetValue<string>()));
        Assert.Equal((2, 1, 1), (first.Body["sequence"]!.GetValue<int>(), submitted.Body["revision"]!.GetValue<int>(), again.Body["revision"]!.GetValue<int>()));
        Assert.Equal(submitted.Body["submitted_at"]!.GetValue<string>(), again.Body["submitted_at"]!.GetValue<string>());
    }

    [Fact]
    public async Task Put_FromASecondDevice_IsToldWhatIsStoredAndReplacesItByName()
    {
        using var client = lab.ApiClient();
        var task = await TaskAsync(client);
        await PutAsync(client, task, Form(task, "a", 1, "submit", 4));

        var told = await PutAsync(client, task, Form(task, "b", 1, "draft", 2));
        var stored = told.Body["entry"]!;
        var replacement = Form(task, "b", 2, "submit", 2);
        replacement["known"] = new JsonArray(new JsonObject { ["client"] = stored["client"]!.GetValue<string>(), ["sequence"] = stored["sequence"]!.GetValue<long>() });
        var replaced = await PutAsync(client, task, replacement);

        Assert.Equal((HttpStatusCode.Conflict, "entry_conflict"), (told.Status, told.Body["error"]!["code"]!.GetValue<string>()));
        Assert.Equal(("submitted", 4), (stored["state"]!.GetValue<string>(), stored["scores"]![0]!["value"]!.GetValue<int>()));
        Assert.Equal((HttpStatusCode.OK, 2), (replaced.Status, replaced.Body["revision"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Put_AfterTheStudyWasClosed_KeepsTheFormAndSaysSo()
    {
        using var client = lab.ApiClient();
        var task = await TaskAsync(client);
        using var closed = await client.PostAsync($"/api/v1/studies/{task["study_id"]}/close", null, Cancel);

        var late = await PutAsync(client, task, Form(task, "a", 1, "submit", 5));
        var kept = JsonNode.Parse(await client.GetStringAsync($"/api/v1/ratings/{task["assignment_id"]}", Cancel))!;

        Assert.Equal((HttpStatusCode.Conflict, "study_closed"), (late.Status, late.Body["error"]!["code"]!.GetValue<string>()));
        Assert.Equal(("draft", false, 10), (kept["state"]!.GetValue<string>(), kept["study_open"]!.GetValue<bool>(), kept["scores"]!.AsArray().Count));
    }

    [Fact]
    public async Task Entry_OfSomebodyElse_IsNotThereForAnybodyElse()
    {
        using var client = lab.ApiClient();
        var task = await TaskAsync(client);
        var stranger = await lab.SignedInAsync(LabRoles.Rater);

        using var read = await stranger.GetAsync(new Uri($"/api/v1/ratings/{task["assignment_id"]}", UriKind.Relative), Cancel);
        using var written = await stranger.PutAsJsonAsync($"/api/v1/ratings/{task["assignment_id"]}", Form(task, "x", 1, "submit", 1), Cancel);
        using var undone = await stranger.PostAsync($"/api/v1/ratings/{task["assignment_id"]}/undo", null, Cancel);

        Assert.All(new[] { read, written, undone }, answer => Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode));
        Assert.Equal("pending", JsonNode.Parse(await client.GetStringAsync($"/api/v1/ratings/{task["assignment_id"]}", Cancel))!["state"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("client", "")]
    [InlineData("sequence", 0)]
    [InlineData("intent", null)]
    [InlineData("comment", "long")]
    [InlineData("skip_reason", null)]
    public async Task Put_FieldMissingOrTooLong_IsNamed(string field, object? value)
    {
        using var client = lab.ApiClient();
        var task = await TaskAsync(client);
        var form = Form(task, "a", 1, "skip", 1);
        form[field] = value switch
        {
            "long" => new string('x', RatingRules.LongestComment + 1),
            string text => text,
            int number => number,
            _ => null,
        };
        if (field == "comment") form["skip_reason"] = "other";

        var refused = await PutAsync(client, task, form);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, field), (refused.Status, refused.Body["error"]!["param"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Put_FromAForeignPage_IsRefused()
    {
        using var client = lab.ApiClient();
        var task = await TaskAsync(client);
        var browser = await lab.SignedInAsync(LabRoles.Admin);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/ratings/{task["assignment_id"]}") { Content = JsonContent.Create(Form(task, "a", 1, "submit", 1)) };
        request.Headers.Add("Origin", "http://elsewhere.example");

        using var answer = await browser.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<JsonNode> TaskAsync(HttpClient client)
    {
        var responses = new JsonArray(new JsonObject { ["model"] = "m1", ["text"] = "1" }, new JsonObject { ["model"] = "m2", ["text"] = "2" });
        var study = new JsonObject { ["name"] = "n", ["overlap"] = 1, ["items"] = new JsonArray(new JsonObject { ["prompt"] = "p", ["responses"] = responses }) };
        using var created = await client.PostAsJsonAsync("/api/v1/studies", study, Cancel);
        var id = JsonNode.Parse(await created.Content.ReadAsStringAsync(Cancel))!["id"]!.GetValue<int>();
        using var next = await client.PostAsJsonAsync($"/api/v1/studies/{id}/next", new JsonObject(), Cancel);
        return JsonNode.Parse(await next.Content.ReadAsStringAsync(Cancel))!["assignment"]!;
    }

    private static JsonObject Form(JsonNode task, string client, long sequence, string intent, int value) => new()
    {
        ["client"] = client,
        ["sequence"] = sequence,
        ["intent"] = intent,
        ["scores"] = new JsonArray([.. from answer in task["answers"]!.AsArray()
                                       from criterion in task["criteria"]!.AsArray()
                                       select (JsonNode)new JsonObject
                                       {
                                           ["slot"] = answer!["slot"]!.GetValue<int>(),
                                           ["criterion"] = criterion!["key"]!.GetValue<string>(),
                                           ["value"] = value,
                                       }]),
    };

    private static async Task<(HttpStatusCode Status, JsonNode Body)> PutAsync(HttpClient client, JsonNode task, JsonObject form)
    {
        using var answer = await client.PutAsJsonAsync($"/api/v1/ratings/{task["assignment_id"]}", form, Cancel);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!);
    }
}
