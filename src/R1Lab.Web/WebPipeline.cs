using Microsoft.Extensions.Options;
using R1Lab.Web.Access;
using R1Lab.Web.Api;
using R1Lab.Web.Components;
using R1Lab.Web.Errors;
using R1Lab.Web.Https;
using R1Lab.Web.Options;

namespace R1Lab.Web;

/// <summary>What a request passes through, in order, and where it can end.</summary>
public static class WebPipeline
{
    public static void UseLabWeb(this WebApplication app)
    {
        var lab = app.Services.GetRequiredService<IOptions<LabOptions>>().Value;
        app.UseTrustedProxies(lab);
        app.UseSecurityHeaders();
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseHostGuard(lab);
        app.UseHttpsFrontDoor();
        app.UseWhen(context => context.Request.IsApi(), api => api.UseStatusCodePages(status =>
            ApiError.FromStatus(status.HttpContext.Response.StatusCode, status.HttpContext.Request.Path).ExecuteAsync(status.HttpContext)));
        app.UseWhen(context => !context.Request.IsApi(), pages => pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true));
        app.UseRouting();
        app.UseRequestLocalization();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseActiveRequests();
        app.UseAntiforgery();
    }

    public static void MapLab(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous().DisableRateLimiting();
        app.MapHealth();
        app.MapAccount();
        app.MapCertificate();
        app.MapOpenAi();
        app.MapTokenize();
        app.MapGenerate();
        app.MapModels();
        app.MapRemoteEndpoints();
        app.MapDatasets();
        app.MapUploads();
        app.MapRuns();
        app.MapRecipes();
        app.MapRunRecords();
        app.MapRunQueue();
        app.MapStudies();
        app.MapOpenApi().AllowAnonymous();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null);
    }
}
