using Microsoft.AspNetCore.Server.Kestrel.Core;
using Souk.Platform.Http.Revisions;

namespace Souk.Platform.Http;

/// <summary>The way of a request before it reaches a handler, the same for every module.</summary>
public static class HttpPlatform
{
    /// <summary>Headers of ours that a browser page of another origin may send and read.</summary>
    static readonly string[] RequestHeaders =
        ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Souk-Cart-Token", "Souk-Order-Token", "Souk-Csrf-Token", "Souk-Device-Token",
            RevisionMiddleware.Header];

    static readonly string[] ResponseHeaders = ["ETag", "Link", "Location", "Retry-After", "Idempotent-Replayed", "Souk-Csrf-Token", RevisionMiddleware.Header,
        "Deprecation", "Sunset"];

    /// <summary>Adds strict JSON, limits, CORS and request binding.</summary>
    /// <remarks>Option <c>Cors:Origins</c>: origins (scheme, host, port) whose pages may call this API with credentials, comma separated; default none.</remarks>
    public static IServiceCollection AddHttpPlatform(this IServiceCollection services, IConfiguration configuration)
    {
        services.ConfigureHttpJsonOptions(json => Json.Configure(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routing => routing.ThrowOnBadRequest = true);
        services.Configure<KestrelServerOptions>(RequestLimits.Apply);
        var origins = (configuration["Cors:Origins"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.WithOrigins(origins)
            .WithHeaders(RequestHeaders).WithExposedHeaders(ResponseHeaders).AllowAnyMethod().AllowCredentials().SetPreflightMaxAge(TimeSpan.FromHours(1))));
        services.AddAuthenticationCore();
        services.AddAuthorization();
        return services;
    }

    public static void UseHttpPlatform(this WebApplication app)
    {
        app.UseMiddleware<ProblemMiddleware>();
        app.UseSecurityHeaders();
        app.UseBodyLimit();
        app.UseRouting();
        app.UseCors();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<RevisionMiddleware>(RevisionMiddleware.DefaultOf(app.Configuration));
    }
}
