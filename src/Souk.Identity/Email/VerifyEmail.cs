using System.ComponentModel.DataAnnotations;
using Souk.Identity.Accounts;
using Souk.Identity.Tokens;

namespace Souk.Identity.Email;

/// <summary>
/// <c>POST /v1/email-verifications</c>: the token of a mail shows that its address is the account's owner's, who may sign in from then on. 401
/// <c>mail_token_invalid</c> for one that does not serve.
/// </summary>
/// <remarks>Sent again after a lost answer it gets the same answer.</remarks>
internal static class VerifyEmail
{
    public sealed record Request([Required] string? Token);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/email-verifications", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance).WithName(nameof(VerifyEmail));

    static async Task<Results<NoContent, Error>> Handle(Request request, MailTokens tokens, NpgsqlDataSource db, TimeProvider clock, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if (tokens.Read(request.Token, MailTokens.Verify) is not { } token) return EmailErrors.TokenInvalid;

        var now = clock.GetUtcNow();
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(MailTokens.LockAccounts, [new[] { token.AccountId }], cancel);
        if (!await MailTokens.UseAsync(connection, token, MailTokens.Verify, now, cancel))
            return await MailTokens.WasUsedAsync(connection, token, cancel) ? TypedResults.NoContent() : EmailErrors.TokenInvalid;
        await connection.ExecuteAsync(MarkVerified, [token.AccountId, now], cancel);
        await transaction.CommitAsync(cancel);
        return TypedResults.NoContent();
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(("/token", RefuseToken(request.Token))));

    /// <summary>Every other text may be a token; whether it is one, is no matter of form.</summary>
    internal static string? RefuseToken(string? token) => string.IsNullOrEmpty(token) ? "The token of the mail is needed." : null;

    const string MarkVerified = """
        UPDATE identity.accounts SET must_verify_email = false, email_verified_at = coalesce(email_verified_at, $2), version = version + 1, updated_at = $2
        WHERE id = $1
        """;
}
