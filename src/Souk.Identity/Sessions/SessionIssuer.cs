using Souk.Identity.Accounts;
using Souk.Identity.SecondFactors;
using Souk.Identity.Tokens;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Sessions;

/// <summary>What sign-in and refresh share: starting a session, and the answer in token mode.</summary>
internal sealed class SessionIssuer(NpgsqlDataSource db, PersonalData people, SessionTokens tokens, AccessTokens accessTokens, StaffFactor staff, SecurityEntries entries,
    TimeProvider clock, IdentityOptions options)
{
    /// <summary>A new session for whoever proved the password; null when the password was changed since, or the person was erased.</summary>
    /// <param name="within">The transaction that it is part of; null: it stands for itself.</param>
    public async Task<(Account, SessionToken)?> StartAsync(Guid accountId, string passwordHash, bool isCookie, HttpContext http, CancellationToken cancel,
        NpgsqlConnection? within = null)
    {
        var now = clock.GetUtcNow();
        var token = SessionTokens.New(accountId, Guid.CreateVersion7(now));
        SessionOrigin origin;
        try
        {
            // Whoever has an account has a key: none is made here.
            origin = await SessionOrigin.OfAsync(http, accountId, people, cancel);
        }
        catch (PersonErasedException)
        {
            return null;
        }
        var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.SignIn, SecurityActor.Account(accountId)) { Details = new SecurityDetails().Flag("cookie", isCookie) }
            .OfSession(token.SessionId), http, cancel);
        object?[] args = [accountId, passwordHash, token.SessionId, isCookie ? CookieSessions.Mode : SignIn.TokenMode,
            token.Hash(), now, IdleUntil(now, isCookie), now.AddDays(options.SessionDaysMax), Sql.Bytea(origin.Device), Sql.Bytea(origin.Address), entry.ToParameter()];
        var account = within is null ? await db.QueryFirstAsync(Start, Account.Read, args, cancel) : await within.QueryFirstAsync(Start, Account.Read, args, cancel);
        return account is null ? null : (account, token);
    }

    public DateTimeOffset IdleUntil(DateTimeOffset now, bool isCookie) =>
        now.AddDays(Math.Min(isCookie ? options.CookieIdleDays : options.RefreshIdleDays, options.SessionDaysMax));

    public async Task<SignedIn> AnswerAsync(Account account, User user, SessionToken token, CartId? cart, CancellationToken cancel)
    {
        var lacksFactor = await staff.IsMissingAsync(account, cancel);
        return new(user, await accessTokens.IssueAsync(new(account.Id, token.SessionId, lacksFactor ? [StaffFactor.PendingRole] : account.Roles), cancel), "Bearer",
            (int)options.AccessTokenTime.TotalSeconds, tokens.Write(token, SignIn.TokenMode), CartId: cart, SecondFactorSetupRequired: lacksFactor ? true : null);
    }

    // The lock on the account makes sign-in and a change of password or role wait for each other: whichever comes second sees the first.
    const string Start = $"""
        WITH account AS (
            SELECT {Account.Columns} FROM identity.accounts a WHERE a.id = $1 AND a.password_hash = $2 FOR SHARE
        ), session AS (
            INSERT INTO identity.sessions (account_id, id, mode, secret_hash, created_at, idle_until, expires_at, device, address)
            SELECT account.id, $3, $4, $5, $6, $7, $8, $9, $10 FROM account
        ), logged AS (
            {AppendEntry.From} SELECT entry.* FROM account, jsonb_to_record($11) {AppendEntry.Given}
        )
        SELECT * FROM account
        """;
}
