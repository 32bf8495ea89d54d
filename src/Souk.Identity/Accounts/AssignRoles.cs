using System.ComponentModel.DataAnnotations;
using Souk.Identity.Sessions;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Accounts;

/// <summary>
/// <c>PUT /v1/admin/users/{id}/roles</c> (If-Match): the roles are these from now on. There are <c>staff</c>, <c>support</c>, <c>warehouse</c>,
/// <c>finance</c>, <c>catalogue</c>. Whoever loses one is signed out everywhere, so that no token says otherwise; whoever gains one has it from the next refresh. Only
/// <c>staff</c> gives roles, and the last staff account keeps its own. Needs a recent sign-in or step-up (403 <c>step_up_required</c>).
/// </summary>
/// <remarks>Refusals, in this order: 428 and 412 for If-Match, 422 for the roles, 404 <c>user_not_found</c>, 412 <c>version_mismatch</c>, 409 <c>last_staff</c>.</remarks>
internal static class AssignRoles
{
    public const int RolesMax = 10;

    public sealed record Request([Required] IReadOnlyList<string>? Roles);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/v1/admin/users/{id}/roles", Handle).ForStaff(Permission.UsersWrite).RequiresRecentSignIn().WithName(nameof(AssignRoles));

    static async Task<Results<Ok<User>, Error>> Handle(AccountId id, Request request, IfMatch match, Caller caller, NpgsqlDataSource db, PersonalData people, RevokedSessions revoked,
        SecurityEntries entries, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (match.Required().Refused(out var precondition, out var version)) return precondition;
        if (Refuse(request) is { } invalid) return invalid;
        if (await Account.FindAsync(db, id.Value, cancel) is not { } account) return AccountErrors.NotFound;
        if (account.Version != version) return ETag.VersionMismatch;

        var roles = Roles.InOrder(request.Roles!);
        if (!roles.SequenceEqual(account.Roles))
        {
            var (isStaff, loses) = (roles.Contains(Caller.StaffRole), account.Roles.Except(roles).Any());
            List<Guid> ended = [];
            var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.RolesChanged, SecurityActor.Account(caller.RequiredAccountId))
                { Details = DetailsOf(account.Roles, roles) }.Of(id.Value), http, cancel);
            await using (var connection = await db.OpenConnectionAsync(cancel))
            {
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                var changed = await connection.QueryFirstAsync(Change, Account.Read,
                    [id.Value, version, isStaff, clock.GetUtcNow(), roles.Where(role => role != Caller.StaffRole).ToArray()], cancel);
                if (changed is null) return ETag.VersionMismatch;
                // Two staff accounts that take the role from each other meet at the one row: the second finds a single one left.
                if (isStaff != account.IsStaff && await connection.ExecuteAsync(isStaff ? CountOneMore : CountOneLess, [], cancel) == 0) return AccountErrors.LastStaff;
                if (loses)
                    ended = await connection.QueryAsync(RevokedSessions.RevokeAll, static row => row.GetGuid(0), [id.Value, null, clock.GetUtcNow(), "role_lost"], cancel);
                await connection.AppendSecurityEntryAsync(entry, cancel);
                await transaction.CommitAsync(cancel);
                account = changed;
            }
            revoked.Announce(ended);
        }
        ETag.Set(http, account.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(await account.ShowAsync(people, cancel));
    }

    internal static Error? Refuse(Request request) => request.Roles switch
    {
        null => Error.Invalid("/roles", "Send the roles the user has from now on, [] for none."),
        { Count: > RolesMax } => Error.Invalid("/roles", $"A user has at most {RolesMax} roles."),
        var roles => Error.Invalid([.. roles.Index().Where(r => !Roles.All.Contains(r.Item)).Select(r => ($"/roles/{r.Index}", $"A role is one of {string.Join(", ", Roles.All)}."))]),
    };

    /// <summary>What the security log tells: each role that was gained or lost.</summary>
    static SecurityDetails DetailsOf(IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        var details = new SecurityDetails();
        bool Changed(string role) => before.Contains(role) != after.Contains(role);
        if (Changed("staff")) details.Change("staff", before.Contains("staff"), after.Contains("staff"));
        if (Changed("support")) details.Change("support", before.Contains("support"), after.Contains("support"));
        if (Changed("warehouse")) details.Change("warehouse", before.Contains("warehouse"), after.Contains("warehouse"));
        if (Changed("finance")) details.Change("finance", before.Contains("finance"), after.Contains("finance"));
        if (Changed("catalogue")) details.Change("catalogue", before.Contains("catalogue"), after.Contains("catalogue"));
        return details;
    }

    const string Change = $"""
        UPDATE identity.accounts a SET is_staff = $3, roles = $5, version = a.version + 1, updated_at = $4
        WHERE a.id = $1 AND a.version = $2 RETURNING {Account.Columns}
        """;

    const string CountOneMore = "UPDATE identity.staff_count SET accounts = accounts + 1 WHERE is_only_row";

    const string CountOneLess = "UPDATE identity.staff_count SET accounts = accounts - 1 WHERE is_only_row AND accounts > 1";
}
