using System.Net;
using System.Text;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using R1Lab.Data.Access;
using R1Lab.Web.Access;
using R1Lab.Web.Localization;

namespace R1Lab.Web.Tests.Access;

/// <summary>
/// The rights of every address, written out by hand and checked with real requests of every role, by cookie and by key, on own objects and on
/// somebody else's. An address that is not in the table fails, so that somebody decides.
/// </summary>
public sealed class RightsTests(RightsLab lab) : IClassFixture<RightsLab>
{
    /// <summary>Method, route, who may (S stranger, V viewer, R rater, G key for generation, T trainer, A administrator), who may on another's object.</summary>
    private const string Table = """
        GET    /health/                            SVRGTA
        GET    /health/live                        SVRGTA
        GET    /health/ready                       SVRGTA
        GET    /openapi/{documentName}.json        SVRGTA
        GET    /error                              SVRGTA
        GET    /account/sign-in                    SVRGTA
        GET    /account/denied                     SVRGTA
        GET    /setup                              SVRGTA
        POST   /account/language                   SVRGTA
        POST   /account/sign-out                   VRGTA
        GET    /account/password                   VRGTA
        GET    /not-found                          VRGTA
        GET    /                                   VRGTA
        GET    /datasets                           VTA
        GET    /datasets/{Id:int}                  VTA     VTA
        GET    /runs                               VTA
        GET    /runs/new                           TA
        GET    /runs/{Id:int}                      VTA     VTA
        GET    /compare                            VTA
        GET    /models                             VTA
        GET    /studies                            VTA
        GET    /studies/new                        TA
        GET    /studies/{Id:int}                   VTA     VTA
        GET    /rate                               RTA
        GET    /chat                               GTA
        GET    /chat/{ConversationId:int}          GTA
        GET    /chat/compare                       GTA
        GET    /system/device                      VTA
        GET    /trust                              SVRGTA
        GET    /lab-ca.crt                         SVRGTA
        GET    /system/certificate                 VTA
        GET    /system/users                       A
        GET    /system/keys                        A
        GET    /system/endpoints                   A
        GET    /api/v1/endpoints/                  A
        POST   /api/v1/endpoints/                  A
        PATCH  /api/v1/endpoints/{id:int}          A       A
        DELETE /api/v1/endpoints/{id:int}          A       A
        POST   /api/v1/endpoints/{id:int}/check    A       A
        GET    /v1/models                          GTA
        GET    /v1/models/{**id}                   GTA
        POST   /v1/chat/completions                GTA
        POST   /v1/completions                     GTA
        POST   /tokenize                           GTA
        POST   /detokenize                         GTA
        POST   /generate                           GTA
        POST   /generate_stream                    GTA
        GET    /info                               GTA
        GET    /api/v1/models/                     VTA
        GET    /api/v1/models/{**name}             VTA
        POST   /api/v1/models/                     TA
        GET    /api/v1/datasets/                   VTA
        POST   /api/v1/datasets/                   TA
        GET    /api/v1/datasets/{id:int}           VTA     VTA
        GET    /api/v1/datasets/{id:int}/rows      VTA     VTA
        GET    /api/v1/datasets/{id:int}/export    TA      TA
        DELETE /api/v1/datasets/{id:int}           TA      A
        POST   /api/v1/datasets/{id:int}/rows      TA      A
        PUT    /api/v1/datasets/{id:int}/rows/{rowId:int}    TA    A
        DELETE /api/v1/datasets/{id:int}/rows/{rowId:int}    TA    A
        POST   /api/v1/datasets/{id:int}/undo      TA      A
        POST   /api/v1/uploads/                    TA
        GET    /api/v1/uploads/{id}                TA      TA
        PUT    /api/v1/uploads/{id}                TA      A
        DELETE /api/v1/uploads/{id}                TA      A
        POST   /api/v1/uploads/{id}/dataset        TA      A
        GET    /api/v1/runs/                       VTA
        POST   /api/v1/runs/                       TA
        GET    /api/v1/runs/queue                  VTA
        PUT    /api/v1/runs/queue                  TA
        GET    /api/v1/runs/{id:int}               VTA     VTA
        GET    /api/v1/runs/{id:int}/metrics       VTA     VTA
        GET    /api/v1/runs/{id:int}/probes        VTA     VTA
        GET    /api/v1/runs/{id:int}/rows          VTA     VTA
        GET    /api/v1/runs/{id:int}/receipt       VTA     VTA
        GET    /api/v1/runs/{id:int}/receipt/diff  VTA     VTA
        GET    /api/v1/runs/{id:int}/recipe        VTA     VTA
        POST   /api/v1/runs/{id:int}/stop          TA      A
        POST   /api/v1/runs/{id:int}/resume        TA      A
        POST   /api/v1/runs/{id:int}/move          TA      A
        POST   /api/v1/runs/{id:int}/again         TA      TA
        POST   /api/v1/recipes/import              VTA
        GET    /api/v1/studies/                    VTA
        POST   /api/v1/studies/                    TA
        GET    /api/v1/studies/{id:int}            VTA     VTA
        GET    /api/v1/studies/{id:int}/results    VTA     VTA
        GET    /api/v1/studies/{id:int}/export     TA      TA
        PUT    /api/v1/studies/{id:int}/primary    TA      A
        POST   /api/v1/studies/{id:int}/close      TA      A
        POST   /api/v1/studies/{id:int}/reopen     TA      A
        POST   /api/v1/studies/{id:int}/next       RTA     RTA
        GET    /api/v1/ratings/studies             RTA
        POST   /api/v1/ratings                     RTA
        GET    /api/v1/ratings/{id:int}/           RTA
        PUT    /api/v1/ratings/{id:int}/           RTA
        POST   /api/v1/ratings/{id:int}/undo       RTA
        """;

    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["POST /api/v1/datasets/{id:int}/rows"] = """{"prompt":"a","response":"b"}""",
        ["PUT /api/v1/datasets/{id:int}/rows/{rowId:int}"] = """{"prompt":"a","response":"b"}""",
        ["POST /api/v1/runs/{id:int}/move"] = """{"before":null}""",
        ["POST /api/v1/recipes/import"] = "model_name_or_path: demo\n",
    };

    private static readonly IReadOnlyList<Line> Lines = [.. Table.Split('\n', StringSplitOptions.TrimEntries).Select(line =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var method, var route, var own, .. var others]
            ? new Line(method, route, own, others is [var letters] ? letters : null) : throw new InvalidOperationException(line))];

    public static TheoryData<string> Addresses => [.. Lines.Select(line => $"{line.Method} {line.Route}")];

    [Fact]
    public void Addresses_OfTheLab_AreAllInTheTable()
    {
        lab.Host.CreateClient().Dispose(); // starts the program
        var known = Lines.Select(line => $"{line.Method} {line.Route}").ToHashSet();

        var unlisted = lab.Host.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(endpoint => !IsFile(endpoint))
            .SelectMany(endpoint => Methods(endpoint).Select(method => $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')}"))
            .Where(address => !address.Contains(" /_", StringComparison.Ordinal) && !address.Contains("{**path:file}", StringComparison.Ordinal)).ToHashSet(); // Blazor's own, and files

        Assert.Equal("unlisted:  gone: ", $"unlisted: {string.Join(", ", unlisted.Except(known))} gone: {string.Join(", ", known.Except(unlisted))}");
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task Address_AskedForByEveryone_FollowsTheTable(string address)
    {
        var line = Lines.Single(one => $"{one.Method} {one.Route}" == address);
        var wrong = new List<string>();
        foreach (var caller in lab.Callers)
        {
            await CheckAsync(line, caller, true, line.Own, wrong);
            if (line.Others is { } others) await CheckAsync(line, caller, false, others, wrong);
        }

        Assert.Empty(wrong);
    }

    private async Task CheckAsync(Line line, Caller caller, bool own, string letters, List<string> wrong)
    {
        if (caller.HasKey && line.Route == AccountPaths.SignOut) return; // ends a sign-in, which a key does not have
        if (!caller.HasKey && line.Route == AccountPaths.SignOut && caller.Letter != 'S') return; // would end this caller; see SignInTests
        using var request = new HttpRequestMessage(new HttpMethod(line.Method), await lab.AddressAsync(line.Route, caller, own));
        if (line.Method is not "GET") request.Content = new StringContent(Bodies.GetValueOrDefault($"{line.Method} {line.Route}", "{}"), Encoding.UTF8, TypeOf(line.Route));
        request.Headers.Add("Upload-Offset", "0");
        using var answer = await caller.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        var expected = letters.Contains(caller.Letter, StringComparison.Ordinal) ? "allowed" : caller.Letter == 'S' ? "not signed in" : "denied";
        if (Outcome(answer) != expected) wrong.Add($"{caller.Name}, {(own ? "own" : "another's")} object: {(int)answer.StatusCode} {answer.Headers.Location}, not {expected}");
    }

    private static string TypeOf(string route) => route switch
    {
        Languages.SwitchPath => "application/x-www-form-urlencoded",
        "/api/v1/recipes/import" => "text/plain",
        _ => "application/json",
    };

    private static string Outcome(HttpResponseMessage answer) => answer.StatusCode switch
    {
        HttpStatusCode.Unauthorized => "not signed in",
        HttpStatusCode.Forbidden => "denied",
        HttpStatusCode.Redirect when answer.Headers.Location?.OriginalString.Contains(AccountPaths.SignIn, StringComparison.Ordinal) == true => "not signed in",
        HttpStatusCode.Redirect when answer.Headers.Location?.OriginalString.Contains(AccountPaths.Denied, StringComparison.Ordinal) == true => "denied",
        >= HttpStatusCode.InternalServerError and not HttpStatusCode.ServiceUnavailable => "failed",
        _ => "allowed",
    };

    private static IEnumerable<string> Methods(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null
        ? ["GET"]
        : endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"];

    private static bool IsFile(RouteEndpoint endpoint) => endpoint.Metadata.Any(item => item.GetType().Name == "StaticAssetDescriptor");

    private sealed record Line(string Method, string Route, string Own, string? Others);
}
