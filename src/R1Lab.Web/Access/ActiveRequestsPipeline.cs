using Microsoft.AspNetCore.SignalR;

namespace R1Lab.Web.Access;

internal static class ActiveRequestsPipeline
{
    /// <summary>Watches what a signed-in visitor or a key asks for. The connection of an open page watches itself, see <see cref="CircuitSession"/>.</summary>
    public static void UseActiveRequests(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.User.Identity?.IsAuthenticated == true && context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is null)
            context.RequestServices.GetRequiredService<ActiveRequests>().Add(context);
        return next(context);
    });
}
