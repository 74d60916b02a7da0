using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using R1Lab.Web.Api;
using R1Lab.Web.Options;

namespace R1Lab.Web.Access;

/// <summary>One bucket of requests for each key, user or address; a tighter one for guesses at the sign-in page.</summary>
public static class RateLimits
{
    public static void Configure(RateLimiterOptions limiter, LabOptions lab)
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<HttpContext, string>(context => Requests(context, lab.RateLimits)),
            PartitionedRateLimiter.Create<HttpContext, string>(context => Guesses(context, lab.RateLimits)));
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

    private static RateLimitPartition<string> Guesses(HttpContext context, RateLimitOptions options)
    {
        var guess = HttpMethods.IsPost(context.Request.Method) && (context.Request.Path == AccountPaths.SignIn || context.Request.Path == AccountPaths.SetUp);
        return guess
            ? RateLimitPartition.GetFixedWindowLimiter(Address(context), _ => new FixedWindowRateLimiterOptions { PermitLimit = options.SignInsPerMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 })
            : RateLimitPartition.GetNoLimiter("");
    }

    private static string Who(HttpContext context) => context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? Address(context);

    private static string Address(HttpContext context) => $"address {context.Connection.RemoteIpAddress}";
}
