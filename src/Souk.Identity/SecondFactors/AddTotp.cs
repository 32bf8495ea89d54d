using System.ComponentModel.DataAnnotations;
using Souk.Identity.Accounts;
using Souk.Identity.Passwords;
using Souk.Platform;

namespace Souk.Identity.SecondFactors;

/// <summary>
/// <c>POST /v1/me/second-factors/totp</c>: begins to set up an authenticator: answers its secret, which is never shown again. It guards nothing until a code of it
/// was sent to <c>/v1/me/second-factors/totp/confirmation</c>, within an hour; to begin again makes another secret. Refused when one is active (409
/// <c>second_factor_active</c>) or the password is wrong (403 <c>password_wrong</c>).
/// </summary>
/// <remarks>It asks for the password also of who has just signed in: a device left open for a minute must not lock its owner out.</remarks>
internal static class AddTotp
{
    public sealed record Request([Required] string? CurrentPassword);

    /// <summary>An authenticator to be.</summary>
    /// <param name="Secret">Base32 (RFC 4648), for those who type it.</param>
    /// <param name="Uri">The same for a QR code: <c>otpauth://totp/…</c>.</param>
    public sealed record NewTotp(string Secret, string Uri);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/me/second-factors/totp", Handle).ForSignedIn().WithName(nameof(AddTotp));

    static async Task<Results<Created<NewTotp>, Error>> Handle(Request request, Caller caller, NpgsqlDataSource db, PersonalData people, CurrentPassword password,
        SecondFactorCodes codes, IdentityOptions options, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(request.CurrentPassword)) return Error.Invalid("/currentPassword", "The password of today is needed.");
        var id = caller.RequiredAccountId;
        if (await codes.HasFactorAsync(id, cancel)) return SecondFactorErrors.Active;
        if (await password.RefuseAsync(caller, request.CurrentPassword, cancel) is { } wrong) return wrong;
        if (await Account.FindAsync(db, id, cancel) is not { } account || await people.RevealAsync(id, Account.EmailColumn, account.Email, cancel) is not { } email)
            return AccountErrors.NotFound;

        var secret = Totp.NewSecret();
        byte[] cipher;
        try
        {
            cipher = await people.ProtectAsync(id, SecondFactorCodes.SecretColumn, secret, cancel);
        }
        catch (PersonErasedException)
        {
            return AccountErrors.NotFound;
        }
        if (await db.ExecuteAsync(Begin, [id, cipher, clock.GetUtcNow()], cancel) == 0) return SecondFactorErrors.Active;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created("/v1/me/second-factors", new NewTotp(Totp.Write(secret), Totp.Uri(secret, options.TotpIssuer, email)));
    }

    const string Begin = """
        INSERT INTO identity.totp_factors AS f (account_id, secret, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at WHERE f.active_since IS NULL
        """;
}
