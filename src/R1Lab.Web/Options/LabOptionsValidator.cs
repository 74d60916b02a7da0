using Microsoft.Extensions.Options;

namespace R1Lab.Web.Options;

/// <summary>Refuses settings at start that would only fail later, each by its full key.</summary>
public sealed class LabOptionsValidator : IValidateOptions<LabOptions>
{
    public const int ShortestBootstrapKey = 16;

    public ValidateOptionsResult Validate(string? name, LabOptions options)
    {
        var problems = Problems(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> Problems(LabOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.DataFolder)) yield return "Lab:DataFolder must name a folder.";
        if (File.Exists(options.DataFolder)) yield return $"Lab:DataFolder names {options.DataFolder}, which is a file.";
        foreach (var address in options.Listen.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!ListenAddresses.IsAddress(ListenAddresses.WithScheme(address.Trim()))) yield return $"Lab:Listen holds '{address}', which is no address like http://127.0.0.1:5199.";
        }

        foreach (var problem in options.Https.Problems()) yield return problem;
        if (options.MemoryLimit is < 1) yield return "Lab:MemoryLimit must be at least 1 byte.";
        if (options.Bootstrap.ApiKey is { Length: > 0 and < ShortestBootstrapKey })
            yield return $"Lab:Bootstrap:ApiKey is shorter than {ShortestBootstrapKey} characters.";
        foreach (var proxy in options.Proxies.Where(proxy => ProxyAddress.Parse(proxy) is null))
            yield return $"Lab:Proxies holds '{proxy}', which is neither an address like 10.0.0.5 nor a network like 10.0.0.0/24.";
        foreach (var problem in options.Connections.Problems().Concat(options.Uploads.Problems())) yield return problem;
        if (options.RateLimits.PerSecond < 1) yield return "Lab:RateLimits:PerSecond must be at least 1.";
        if (options.RateLimits.Burst < 1) yield return "Lab:RateLimits:Burst must be at least 1.";
        if (options.RateLimits.SignInsPerMinute < 1) yield return "Lab:RateLimits:SignInsPerMinute must be at least 1.";
    }
}
