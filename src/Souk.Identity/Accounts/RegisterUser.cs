using System.ComponentModel.DataAnnotations;
using Souk.Identity.Email;
using Souk.Identity.Passwords;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Accounts;

/// <summary>
/// <c>POST /v1/users</c>: registers. One e-mail, in all its spellings, has one account. In a shop that verifies e-mails (<c>Identity:VerifyEmail</c>) every
/// answer is 202, whoever asks, and a mail to the address says what comes next: its token, sent to <c>/v1/email-verifications</c>, makes that its owner can
/// sign in; who has an account already is told so, and gets a token that sets a new password. In other shops the account can sign in at once (201).
/// </summary>
/// <remarks>
/// No answer is stored for replay. Whoever lost the answer and registers again gets 409 <c>email_taken</c>, which also says that the first
/// attempt succeeded: signing in with the same password is the next step either way.
/// </remarks>
internal static class RegisterUser
{
    public sealed record Request([Required] string? Email, [Required] string? Password, string? Name, string? Locale);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/users", Handle).ForEveryone().WithMetadata(Tokens.IgnoresCaller.Instance).WithName(nameof(RegisterUser));

    static async Task<Results<Created<User>, Accepted<NextStep>, Error>> Handle(Request request, NpgsqlDataSource db, PersonalData people, PasswordPool pool, TimeProvider clock,
        IdentityOptions options, QuietRegistration quiet, SecurityEntries entries, HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        var wanted = new Registration(request.Email!, request.Password!, request.Name, request.Locale);
        if (options.VerifiesEmail) return await quiet.AddAsync(wanted, http, cancel) is { } busy ? busy : NextStep.VerifyEmail.Accept(http);
        if ((await AddAsync(wanted, db, people, pool, entries, http, clock, cancel)).Refused(out var error, out var account)) return error;
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Created("/v1/me", await account.ShowAsync(people, cancel));
    }

    /// <summary>Everything that is wrong, at once.</summary>
    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(
        ("/email", EmailAddress.Refuse(request.Email)),
        ("/password", PasswordRules.Refuse(request.Password, request.Email, request.Name)),
        ("/name", ProfileRules.RefuseName(request.Name)),
        ("/locale", ProfileRules.RefuseLocale(request.Locale))));

    /// <param name="IsFirstStaff">Staff with a one-time password, only if there is no staff.</param>
    /// <param name="PasswordHash">Of an account that comes from another system, in place of the password.</param>
    internal sealed record Registration(string Email, string Password, string? Name, string? Locale, bool IsFirstStaff = false, string? PasswordHash = null);

    static readonly Error StaffExists = new(409, "staff_exists", "There is a staff account already.");

    /// <summary>Adds an account that passed <see cref="Refuse"/>; 409 when its e-mail is taken, or there is staff and this was to be the first.</summary>
    internal static async Task<Result<Account>> AddAsync(Registration wanted, NpgsqlDataSource db, PersonalData people, PasswordPool pool, SecurityEntries entries,
        HttpContext? http, TimeProvider clock, CancellationToken cancel)
    {
        // Before hashing and before a data key is made: a key made for nobody would stay in the key store for ever.
        var indexes = EmailAddress.Indexes(people, wanted.Email);
        if (await db.QueryFirstAsync(FindClaim, static row => row.GetGuid(0), [indexes], cancel) != default) return AccountErrors.EmailTaken;
        if ((await pool.RunAsync(passwords => wanted.PasswordHash ?? passwords.Make(wanted.Password), cancel)).Refused(out var busy, out var hash)) return busy;

        var (id, now) = (AccountId.New(clock).Value, clock.GetUtcNow());
        var account = new Account(id, await people.ProtectAsync(id, Account.EmailColumn, wanted.Email.Trim(), cancel),
            wanted.Name is null ? null : await people.ProtectAsync(id, Account.NameColumn, wanted.Name.Trim(), cancel),
            wanted.Locale, PasswordChangeRequired: wanted.IsFirstStaff, wanted.IsFirstStaff, Version: 1, now);

        var note = wanted.IsFirstStaff ? new SecurityNote(SecurityAct.FirstStaffMade, SecurityActor.System) : new SecurityNote(SecurityAct.Registered, SecurityActor.Account(id));
        var entry = await entries.MakeAsync(note.Of(id), http, cancel);

        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (wanted.IsFirstStaff && await connection.ExecuteAsync(CountFirstStaff, [], cancel) == 0) return StaffExists;
        if (await connection.ExecuteAsync(ClaimEmail, [indexes[0], id], cancel) == 0) return AccountErrors.EmailTaken;
        await connection.ExecuteAsync(Insert, [id, account.Email, Sql.Bytea(account.Name), account.Locale, hash, account.PasswordChangeRequired, account.IsStaff, now], cancel);
        await connection.AppendSecurityEntryAsync(entry, cancel);
        await transaction.CommitAsync(cancel);
        return account;
    }

    internal const string FindClaim = "SELECT account_id FROM identity.email_claims WHERE email_index = ANY($1)";

    // A rival with the same e-mail is waited for; after its commit this inserts nothing.
    const string ClaimEmail = "INSERT INTO identity.email_claims (email_index, account_id) VALUES ($1, $2) ON CONFLICT (email_index) DO NOTHING";

    const string Insert = """
        INSERT INTO identity.accounts (id, email, name, locale, password_hash, password_change_required, is_staff, version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)
        """;

    const string CountFirstStaff = "UPDATE identity.staff_count SET accounts = 1 WHERE is_only_row AND accounts = 0";
}
