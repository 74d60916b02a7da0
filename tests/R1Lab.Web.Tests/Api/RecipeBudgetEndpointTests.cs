using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Api;

/// <summary>Expansion of untrusted text over HTTP: whoever may only read sends small texts that stand for very much.</summary>
public sealed class RecipeBudgetEndpointTests(LabHost lab) : IClassFixture<LabHost>
{
    private const int LargestAnswer = 64 << 20;
    private const string Import = "/api/v1/recipes/import";

    [Theory]
    [MemberData(nameof(RecipeBombs.Names), MemberType = typeof(RecipeBombs))]
    public async Task Import_BombWithAReadOnlyKey_IsAnsweredFast(string bomb)
    {
        using var client = await ReaderAsync(lab);
        using var body = new StringContent(RecipeBombs.Text(bomb), Encoding.UTF8, "text/plain");
        var start = Stopwatch.GetTimestamp();

        using var response = await client.PostAsync(Import, body, TestContext.Current.CancellationToken);

        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity, $"{response.StatusCode}");
        Assert.InRange((await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length, 0, LargestAnswer);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Patience.For(TimeSpan.FromSeconds(8)));
    }

    [Theory]
    [InlineData("names of lists of names")]
    [InlineData("names of dictionaries of names")]
    [InlineData("one long text named a thousand times")]
    [InlineData("one map unpacked a thousand times")]
    [InlineData("a notebook of a bomb")]
    [InlineData("YAML aliases")]
    [InlineData("YAML deep lists")]
    public async Task Import_MoreThanTheBudget_IsRefusedWithAReason(string bomb)
    {
        using var client = await ReaderAsync(lab);
        using var body = new StringContent(RecipeBombs.Text(bomb), Encoding.UTF8, "text/plain");

        using var response = await client.PostAsync(Import, body, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("recipe_unreadable", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_ClientLeaves_EndsTheWork()
    {
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var leaving = new CancellationTokenSource();
        using var watched = LabHost.With([], services => services.AddSingleton<IStartupFilter>(new Watch(leaving, ended)));
        using var client = await ReaderAsync(watched);
        using var body = new StringContent(RecipeBombs.Text("slow expressions"), Encoding.UTF8, "text/plain");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.PostAsync(Import, body, leaving.Token));

        Assert.Equal(StatusCodes.Status499ClientClosedRequest, await ended.Task.WaitAsync(Patience.For(TimeSpan.FromSeconds(30)), TestContext.Current.CancellationToken));
    }

    private static async Task<HttpClient> ReaderAsync(LabHost lab)
    {
        var client = lab.CreateClient();
        var issued = await lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, "reader", [ApiScopes.Read], null, cancellationToken: TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issued.Secret);
        return client;
    }

    /// <summary>Lets the client leave once its request has arrived, and reports the status with which the pipeline ended.</summary>
    private sealed class Watch(CancellationTokenSource leaving, TaskCompletionSource<int> ended) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, rest) =>
            {
                if (context.Request.Path != Import)
                {
                    await rest(context);
                    return;
                }

                leaving.CancelAfter(TimeSpan.FromMilliseconds(300));
                await rest(context);
                ended.TrySetResult(context.Response.StatusCode);
            });
            next(app);
        };
    }
}
