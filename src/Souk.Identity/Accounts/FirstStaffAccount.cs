using System.Security.Cryptography;
using Souk.Contracts;
using Souk.Identity.Passwords;
using Souk.Identity.Sessions;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Accounts;

/// <inheritdoc cref="IIdentity"/>
internal sealed class FirstStaffAccount(NpgsqlDataSource db, PersonalData people, PasswordPool pool, RevokedSessions revoked, SecurityEntries entries, TimeProvider clock) : IIdentity
{
    /// <summary>Four groups of five out of 31 letters and digits that nobody mixes up: 99 bits.</summary>
    const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
    const int Groups = 4, GroupLength = 5;

    public async Task<FirstStaff?> EnsureFirstStaffAsync(string email, CancellationToken cancel)
    {
        if (EmailAddress.Refuse(email) is { } wrong) throw new InvalidOperationException($"'{email}' cannot be the first staff account. {wrong}");
        if (await db.QueryFirstAsync(CountStaff, static row => row.GetInt32(0), [], cancel) > 0) return null;

        var password = string.Join('-', Enumerable.Range(0, Groups).Select(_ => RandomNumberGenerator.GetString(Alphabet, GroupLength)));
        if ((await RegisterUser.AddAsync(new(email, password, null, null, IsFirstStaff: true), db, people, pool, entries, http: null, clock, cancel))
            .Refused(out var error, out _))
        {
            // Another process may have made its first staff with this very e-mail a moment ago.
            if (await db.QueryFirstAsync(CountStaff, static row => row.GetInt32(0), [], cancel) > 0) return null;
            throw new InvalidOperationException($"The first staff account could not be made: {error.Message}");
        }
        return new(email.Trim(), password);
    }

    public bool HasEnded(Guid sessionId) => revoked.Contains(sessionId);

    const string CountStaff = "SELECT accounts FROM identity.staff_count WHERE is_only_row";
}
