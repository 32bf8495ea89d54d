namespace Souk.Identity.SecondFactors;

/// <summary><c>GET /v1/me/second-factors</c>: what one's sign-in asks for beside the password, and how many recovery codes are left.</summary>
internal static class ReadSecondFactors
{
    /// <summary>The second factors of an account.</summary>
    /// <param name="Totp">The authenticator; absent while none is active.</param>
    public sealed record SecondFactors(TotpFactor? Totp, int RecoveryCodesLeft);

    /// <summary>An authenticator.</summary>
    public sealed record TotpFactor(DateTimeOffset ActiveSince);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/me/second-factors", Handle).ForSignedIn().WithName(nameof(ReadSecondFactors));

    static async Task<Ok<SecondFactors>> Handle(Caller caller, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        var factors = await db.QueryFirstAsync(Find, static row => new SecondFactors(
            row.Nullable<DateTimeOffset>(0) is { } since ? new(since) : null, row.GetInt32(1)), [caller.RequiredAccountId], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(factors);
    }

    const string Find = """
        SELECT (SELECT active_since FROM identity.totp_factors WHERE account_id = $1),
            (SELECT count(*)::int FROM identity.recovery_codes WHERE account_id = $1)
        """;
}
