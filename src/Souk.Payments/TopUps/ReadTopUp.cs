using Souk.Payments.Payments;

namespace Souk.Payments.TopUps;

/// <summary><c>GET /v1/me/wallet/top-ups/{id}</c>: one of one's own top-ups, however it ended.</summary>
internal static class ReadTopUp
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/me/wallet/top-ups/{id}", Handle).ForSignedIn().WithName(nameof(ReadTopUp));

    static async Task<Results<Ok<TopUpAnswer>, Error>> Handle(TopUpId id, Caller caller, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (await TopUp.FindAsync(db, caller.RequiredAccountId, id, cancel) is not { } topUp) return PaymentErrors.TopUpNotFound;
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(topUp.Show());
    }
}
