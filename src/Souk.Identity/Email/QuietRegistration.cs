using Souk.Identity.Accounts;
using Souk.Identity.Passwords;
using Souk.Platform;
using Souk.Platform.Jobs;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Email;

/// <summary>
/// Registers without telling whether the address has an account: the same answer after the same work. Either way the password is hashed, the person's data
/// encrypted under a key of their own, and one round trip made; whether it makes an account or nothing, only the database knows, and a job looks later.
/// </summary>
/// <remarks>
/// What is left of a difference is the rows that the one statement inserts or not: some hundredths of a millisecond beside a hash of twenty, and nobody can
/// measure it twice, since whoever asks of an address that has no account has made it one.
/// </remarks>
internal sealed class QuietRegistration(NpgsqlDataSource db, PersonalData people, PasswordPool pool, SecurityEntries entries, JobSignal signal, TimeProvider clock)
{
    /// <summary>503 <c>sign_in_busy</c>, or null: then a mail goes to the address.</summary>
    public async Task<Error?> AddAsync(RegisterUser.Registration wanted, HttpContext http, CancellationToken cancel)
    {
        if ((await pool.RunAsync(passwords => passwords.Make(wanted.Password), cancel)).Refused(out var busy, out var hash)) return busy;
        var (id, now, indexes) = (AccountId.New(clock).Value, clock.GetUtcNow(), EmailAddress.Indexes(people, wanted.Email));
        var email = await people.ProtectAsync(id, Account.EmailColumn, wanted.Email.Trim(), cancel);
        var name = wanted.Name is null ? null : await people.ProtectAsync(id, Account.NameColumn, wanted.Name.Trim(), cancel);
        var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.Registered, SecurityActor.Account(id)).Of(id), http, cancel);

        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var batch = connection.CreateBatch()
            .Add(Add, id, indexes[0], indexes, email, name, wanted.Locale, hash, now, entry.ToParameter())
            .AddJob(AnswerRegistration.JobType, new AnswerRegistration.Job(id, indexes), now);
        await batch.ExecuteNonQueryAsync(cancel);
        signal.Send();
        return null;
    }

    // A rival with the same e-mail is waited for; after its commit this inserts nothing.
    const string Add = $"""
        WITH claimed AS (
            INSERT INTO identity.email_claims (email_index, account_id)
            SELECT $2::bytea, $1::uuid WHERE NOT EXISTS (SELECT FROM identity.email_claims WHERE email_index = ANY($3))
            ON CONFLICT (email_index) DO NOTHING
            RETURNING account_id
        ), logged AS (
            {AppendEntry.From} SELECT entry.* FROM claimed, jsonb_to_record($9) {AppendEntry.Given}
        )
        INSERT INTO identity.accounts (id, email, name, locale, password_hash, password_change_required, is_staff, version, created_at, updated_at, must_verify_email)
        SELECT account_id, $4::bytea, $5::bytea, $6::text, $7::text, false, false, 1, $8::timestamptz, $8::timestamptz, true FROM claimed
        """;
}
