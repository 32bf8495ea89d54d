using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Souk.Identity.Guessing;
using Souk.Identity.SecondFactors;
using Souk.Identity.Tokens;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Sessions;

/// <summary>
/// <c>POST /v1/sessions/challenges/{challenge}</c>: the second half of a sign-in: a code of the authenticator or a recovery code, for the challenge that came with
/// 401 <c>second_factor_required</c>. Answers what a sign-in answers, in the mode that was asked for there. A wrong code is told (401 <c>code_wrong</c>), five end
/// the challenge; an answered, expired or unknown one is refused (401 <c>challenge_ended</c>), as is one whose password has changed since. After many wrong codes
/// none of the authenticator is looked at for a while (429 <c>codes_too_many</c>); recovery codes serve on.
/// </summary>
/// <remarks>
/// The mode is remembered, since it was decided and is no secret; <c>Souk-Cart-Token</c> is sent again, since it is one and secrets are not stored. Of many answers
/// at once, one makes a session. Each code serves once, whichever challenge it is sent to.
/// </remarks>
internal static class AnswerChallenge
{
    public sealed record Request([Required] string? Code);

    sealed record Open(bool IsCookie, byte[] Seal, string PasswordHash);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/sessions/challenges/{challenge}", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance).WithName(nameof(AnswerChallenge));

    static async Task<Results<Created<SignedIn>, Error>> Handle(string challenge, Request request, [FromHeader(Name = "Souk-Cart-Token")] string? cartToken,
        [FromHeader(Name = DeviceTokens.Header)] string? deviceToken, NpgsqlDataSource db, SecondFactorCodes codes, SessionIssuer sessions, SessionAnswers answers,
        SessionTokens tokens, SecurityEntries entries, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (SecondFactorErrors.RefuseCode(request.Code) is { } invalid) return invalid;
        if (tokens.Read(challenge, Challenges.TokenMode) is not { } token) return SecondFactorErrors.ChallengeEnded;
        object?[] guard = [token.AccountId, token.SessionId, clock.GetUtcNow(), Challenges.WrongCodesMax];
        var open = await db.QueryFirstAsync(Find, static row => new Open(row.GetString(0) == CookieSessions.Mode, row.GetFieldValue<byte[]>(1), row.GetString(2)),
            [.. guard, token.Hash()], cancel);
        if (open is null || !open.Seal.AsSpan().SequenceEqual(Challenges.Seal(open.PasswordHash))) return SecondFactorErrors.ChallengeEnded;

        if ((await codes.CheckAsync(token.AccountId, request.Code!, cancel)).Refused(out var refused, out var proof))
            return refused == SecondFactorErrors.CodeWrong ? await CountWrongAsync(token.AccountId, db, guard, entries, http, cancel) : refused;

        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await connection.ExecuteAsync(Answer, guard, cancel) == 0) return SecondFactorErrors.ChallengeEnded;
        if (!await codes.UseAsync(connection, proof, cancel))
        {
            await transaction.RollbackAsync(cancel);
            return await CountWrongAsync(token.AccountId, db, guard, entries, http, cancel);
        }
        if (await sessions.StartAsync(token.AccountId, open.PasswordHash, open.IsCookie, http, cancel, connection) is not var (account, session))
            return SecondFactorErrors.ChallengeEnded;
        await transaction.CommitAsync(cancel);
        // Closed here: what follows needs connections of its own.
        await connection.CloseAsync();
        return await answers.AnswerAsync(account, session, open.IsCookie, cartToken, deviceToken, http, cancel);
    }

    /// <summary>Wrong is told only as often as it is counted: of a thousand guesses at once, five learn something, and a right one passes only before them.</summary>
    static async Task<Error> CountWrongAsync(Guid accountId, NpgsqlDataSource db, object?[] guard, SecurityEntries entries, HttpContext http, CancellationToken cancel)
    {
        var note = new SecurityNote(SecurityAct.SecondFactorRefused, SecurityActor.Nobody) { Outcome = SecurityOutcome.Refused };
        var entry = await entries.MakeAsync(note.Of(accountId), http, cancel);
        return await db.ExecuteAsync(CountWrong, [.. guard, entry.ToParameter()], cancel) == 1 ? SecondFactorErrors.CodeWrong : SecondFactorErrors.ChallengeEnded;
    }

    const string Find = """
        SELECT c.mode, c.password_seal, a.password_hash
        FROM identity.challenges c JOIN identity.accounts a ON a.id = c.account_id
        WHERE c.account_id = $1 AND c.id = $2 AND c.used_at IS NULL AND c.expires_at > $3 AND c.wrong_codes < $4 AND c.secret_hash = $5
        """;

    const string Answer = """
        UPDATE identity.challenges SET used_at = $3
        WHERE account_id = $1 AND id = $2 AND used_at IS NULL AND expires_at > $3 AND wrong_codes < $4
        """;

    const string CountWrong = $"""
        WITH counted AS (
            UPDATE identity.challenges SET wrong_codes = wrong_codes + 1
            WHERE account_id = $1 AND id = $2 AND used_at IS NULL AND expires_at > $3 AND wrong_codes < $4
            RETURNING 1
        )
        {AppendEntry.From} SELECT entry.* FROM counted, jsonb_to_record($5) {AppendEntry.Given}
        """;
}
