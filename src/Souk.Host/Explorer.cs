using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Scalar.AspNetCore;

namespace Souk.Host;

/// <summary>The description of the API at <c>/openapi/v1.json</c>, as it is checked in, and a page to explore and try it at <c>/docs</c>.</summary>
internal static class Explorer
{
    /// <summary>Whether there are these two; default true.</summary>
    public const string Option = "Explorer:Enabled";

    const string Address = "/openapi/v1.json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("Souk.Host.v1.json")!;
        var document = new byte[resource.Length];
        resource.ReadExactly(document);
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(document))[..16]}\"");
        routes.MapGet(Address, (HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "no-cache";
            // For tools of others, which are often pages of their own.
            http.Response.Headers.AccessControlAllowOrigin = "*";
            http.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
            return Results.Bytes(document, "application/json; charset=utf-8", entityTag: tag);
        }).ForEveryone().ExcludeFromDescription();

        routes.MapScalarApiReference("/docs", (options, http) =>
        {
            var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            // The page draws itself with styles of its own making; scripts only from here, and requests only to this shop.
            http.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
                + "font-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
            options.WithTitle("Souk API").WithOpenApiRoutePattern(Address).WithNonce(nonce)
                // Everything comes from this program, and nothing of a shop goes elsewhere.
                .DisableTelemetry().DisableDefaultFonts().DisableAgent().DisableMcp().HideClientButton().HideDeveloperTools();
        }).ForEveryone().ExcludeFromDescription();
    }
}
