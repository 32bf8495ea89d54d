using Souk.Platform;

namespace Souk.Identity.Accounts;

/// <summary>An account as its owner and staff see it.</summary>
/// <param name="Email">Null once the person was erased.</param>
/// <param name="EmailVerified">True once a mail to the address has shown that it is theirs.</param>
/// <param name="PasswordChangeRequired">True while the password is a one-time password; absent otherwise.</param>
internal sealed record User(AccountId Id, string? Email, string? Name, string? Locale, IReadOnlyList<string> Roles, DateTimeOffset CreatedAt, int Version,
    bool EmailVerified, bool? PasswordChangeRequired);

/// <summary>A row of <c>identity.accounts</c> without the password.</summary>
internal sealed record Account(Guid Id, byte[] Email, byte[]? Name, string? Locale, bool PasswordChangeRequired, bool IsStaff, int Version, DateTimeOffset CreatedAt,
    IReadOnlyList<string>? MoreRoles = null, bool EmailVerified = false)
{
    /// <summary>Columns of personal data, as they are bound to their ciphertext; never renamed.</summary>
    public const string EmailColumn = "identity.accounts.email", NameColumn = "identity.accounts.name";

    /// <summary>The columns that <see cref="Read"/> takes, in its order, from a table or alias <c>a</c>.</summary>
    public const string Columns =
        "a.id, a.email, a.name, a.locale, a.password_change_required, a.is_staff, a.version, a.created_at, a.roles, a.email_verified_at IS NOT NULL";

    public IReadOnlyList<string> Roles => RolesOf(IsStaff, MoreRoles ?? []);

    public static Account Read(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetFieldValue<byte[]>(1), row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2),
        row.NullableString(3), row.GetBoolean(4), row.GetBoolean(5), row.GetInt32(6), row.GetFieldValue<DateTimeOffset>(7),
        row.GetFieldValue<string[]>(8), row.GetBoolean(9));

    /// <summary>All roles of an account, as its two columns say.</summary>
    public static IReadOnlyList<string> RolesOf(bool isStaff, IReadOnlyList<string> more) => isStaff ? [Caller.StaffRole, .. more] : more;

    public static Task<Account?> FindAsync(NpgsqlDataSource db, Guid id, CancellationToken cancel) => db.QueryFirstAsync(FindById, Read, [id], cancel);

    /// <summary>The account with its personal data readable.</summary>
    public async Task<User> ShowAsync(PersonalData people, CancellationToken cancel) => new(new(Id),
        await people.RevealAsync(Id, EmailColumn, Email, cancel),
        Name is null ? null : await people.RevealAsync(Id, NameColumn, Name, cancel),
        Locale, Roles, CreatedAt, Version, EmailVerified, PasswordChangeRequired ? true : null);

    const string FindById = $"SELECT {Columns} FROM identity.accounts a WHERE a.id = $1";
}
