using Microsoft.AspNetCore.Server.Kestrel.Core;
using R1Lab.Web.Options;

namespace R1Lab.Web.Https;

/// <summary>HTTPS with a certificate of the lab's own authority or of the operator.</summary>
public static class HttpsServices
{
    public static IServiceCollection AddLabHttps(this IServiceCollection services, LabOptions lab)
    {
        services.AddSingleton(new LabNames(lab, Environment.MachineName, LabNames.OfInterfaces));
        services.AddSingleton<LabCertificates>();
        services.AddSingleton<HttpsAddress>();
        services.AddHostedService<CertificateWatch>();
        return services;
    }

    /// <summary>Endpoints with <c>https://</c> take the lab's certificate of the moment, unless Kestrel's own section names certificates.</summary>
    public static void UseLabCertificates(this KestrelServerOptions kestrel, IConfiguration configuration)
    {
        if (IsConfiguredForKestrel(configuration)) return;
        kestrel.ConfigureHttpsDefaults(https =>
        {
            // Kestrel asks for a certificate or a selector; the context set below also brings the certificates between it and its root.
            https.ServerCertificateSelector = (_, _) => Served(kestrel).Certificate;
            https.OnAuthenticate = (_, handshake) =>
            {
                handshake.ServerCertificateSelectionCallback = null;
                handshake.ServerCertificateContext = Served(kestrel).Context;
            };
        });
    }

    /// <summary>Whether Kestrel's own configuration section brings a certificate.</summary>
    public static bool IsConfiguredForKestrel(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Certificates:Default").Exists()
        || configuration.GetSection("Kestrel:Endpoints").GetChildren().Any(endpoint => endpoint.GetSection("Certificate").Exists() || endpoint.GetSection("Sni").Exists());

    private static ServedCertificate Served(KestrelServerOptions kestrel) =>
        kestrel.ApplicationServices.GetRequiredService<LabCertificates>().Served ?? throw new InvalidOperationException("No certificate was opened for HTTPS.");
}
