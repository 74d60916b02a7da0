namespace R1Lab.Web.Serving.Remote;

public static class RemoteServices
{
    /// <summary>Models behind HTTP endpoints, and the only way out of the server.</summary>
    public static IServiceCollection AddRemoteEngines(this IServiceCollection services)
    {
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton<EndpointKeys>();
        services.AddSingleton<EndpointProbe>();
        services.AddSingleton<EndpointRegistry>();
        services.AddSingleton<RemoteEngines>();
        return services;
    }
}
