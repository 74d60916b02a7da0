using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.SignalR;
using R1Lab.Web.Errors;
using R1Lab.Web.Options;

namespace R1Lab.Web.Access;

/// <summary>One bucket of requests for each key, user or address; tighter ones for guesses at secrets. A refusal costs no look-up and no hash.</summary>
public static class RateLimits
{
    /// <summary>The policy of endpoints that take a whole file in one request.</summary>
    public const string WholeFiles = "whole-files";

    private const int ImportsAtOnce = 4;

    public static void Configure(RateLimiterOptions limiter, LabOptions lab)
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<HttpContext, string>(context => Requests(context, lab.RateLimits)),
            PartitionedRateLimiter.Create<HttpContext, string>(context => Guesses(context, lab.RateLimits, ClientAddress.KeyOf(context))),
            PartitionedRateLimiter.Create<HttpContext, string>(context => Guesses(context, lab.RateLimits, UserOf(context))),
            PartitionedRateLimiter.Create<HttpContext, string>(context => Pages(context, lab.Connections.PagesPerUser, UserOf(context))),
            PartitionedRateLimiter.Create<HttpContext, string>(context => Pages(context, lab.Connections.PerAddress, ClientAddress.KeyOf(context))));
        limiter.AddPolicy(WholeFiles, Imports);
        limiter.OnRejected = async (rejected, _) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            var seconds = (int)Math.Ceiling(wait.TotalSeconds);
            rejected.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            // The two languages at once: this answer is given before anything else is asked of the request.
            var answer = rejected.HttpContext.Request.IsApi()
                ? ApiError.TooMany(seconds)
                : Results.Text(string.Create(CultureInfo.InvariantCulture, $"请求过于频繁，请在 {seconds} 秒后重试。\nToo many requests. Try again in {seconds} s.\n"), statusCode: StatusCodes.Status429TooManyRequests);
            await answer.ExecuteAsync(rejected.HttpContext);
        };
    }

    private static RateLimitPartition<string> Requests(HttpContext context, RateLimitOptions options) =>
        RateLimitPartition.GetTokenBucketLimiter(Who(context), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Burst,
            TokensPerPeriod = options.PerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        });

    // Counted by address and, behind a stolen session that comes from many addresses, by user.
    private static RateLimitPartition<string> Guesses(HttpContext context, RateLimitOptions options, string? who) =>
        who is not null && context.GetEndpoint()?.Metadata.GetMetadata<ChecksSecretAttribute>()?.IsGuess(context.Request) == true
            ? RateLimitPartition.GetFixedWindowLimiter(who, _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = options.SignInsPerMinute,
                Window = TimeSpan.FromMinutes(1),
                QueueLimit = 0,
            })
            : RateLimitPartition.GetNoLimiter("");

    // An open page is one request to the hub that lasts as long as the page.
    private static RateLimitPartition<string> Pages(HttpContext context, int most, string? who) =>
        who is not null && context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is not null
            ? RateLimitPartition.GetConcurrencyLimiter(who, _ => new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = 0 })
            : RateLimitPartition.GetNoLimiter("");

    // A file sent in one request is taken by few requests at once: each holds a copy on disk until it is imported.
    private static RateLimitPartition<string> Imports(HttpContext context) =>
        RateLimitPartition.GetConcurrencyLimiter(Who(context), _ => new ConcurrencyLimiterOptions { PermitLimit = ImportsAtOnce, QueueLimit = 0 });

    // A key has a bucket of its own, beside those of its owner's session and other keys.
    private static string Who(HttpContext context) =>
        context.User.FindFirstValue(Visitor.KeyClaim) is { } key ? $"key {key}" : UserOf(context) ?? ClientAddress.KeyOf(context);

    private static string? UserOf(HttpContext context) => context.User.FindFirstValue(ClaimTypes.NameIdentifier);
}
