using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Souk.Host;

/// <summary>
/// A taste of a shop at <c>/</c> and of its staff's view at <c>/staff</c>: plain HTML, modules and a style sheet, without a build step, on the public API like any
/// front end. They are bytes of this program; nothing of a request leads to a file.
/// </summary>
internal static class FrontPage
{
    /// <summary>Whether there are these pages; default true.</summary>
    public const string Option = "FrontPage:Enabled";

    /// <summary>Everything from this shop, nothing inline, no frames.</summary>
    const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    sealed record File(byte[] Bytes, string Type, EntityTagHeaderValue ETag);

    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "/", "index.html");
        Map(routes, "/staff", "staff.html");
        var parts = ((string[])["style.css", "api.js", "shop.js", "staff.js", "icon.svg"]).ToDictionary(name => name, Read);
        routes.MapGet("/pages/{name}", (string name, HttpContext http) => parts.TryGetValue(name, out var part) ? Show(part, http) : Results.NotFound())
            .ForEveryone().ExcludeFromDescription();
    }

    static void Map(IEndpointRouteBuilder routes, string path, string name)
    {
        var page = Read(name);
        routes.MapGet(path, (HttpContext http) => Show(page, http)).ForEveryone().ExcludeFromDescription();
    }

    static IResult Show(File file, HttpContext http)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.CacheControl = "no-cache";
        return Results.Bytes(file.Bytes, file.Type, entityTag: file.ETag);
    }

    static File Read(string name)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Souk.Host.Pages.{name}")!;
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        var type = Path.GetExtension(name) switch { ".html" => "text/html; charset=utf-8", ".css" => "text/css; charset=utf-8", ".svg" => "image/svg+xml", _ => "text/javascript; charset=utf-8" };
        return new(bytes.ToArray(), type, new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()))[..16]}\""));
    }
}
