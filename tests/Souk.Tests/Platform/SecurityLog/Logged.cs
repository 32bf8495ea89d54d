using Souk.Platform.Data;
using Souk.Platform.Ids;
using Souk.Platform.SecurityLog;
using Souk.Tests.Identity;

namespace Souk.Tests.Platform.SecurityLog;

/// <summary>What the security log of a shop holds, sealed or not yet.</summary>
static class Logged
{
    const string Everything = $"""
        SELECT {SecurityEntry.Columns} FROM (
            SELECT seq AS place, {SecurityEntry.Columns} FROM platform.security_log UNION ALL SELECT 1000000000 + n, {SecurityEntry.Columns} FROM platform.security_unsealed
        ) AS either
        """;

    /// <summary>What someone did and what was done to them, oldest first.</summary>
    public static Task<List<SecurityEntry>> LoggedOfAsync(this TestShop shop, Person person) => shop.LoggedOfAsync(person.AccountId());

    public static Task<List<SecurityEntry>> LoggedOfAsync(this TestShop shop, Guid account) =>
        shop.Db.QueryAsync($"{Everything} WHERE actor_id = $1 OR target_id = $1 ORDER BY place", static row => SecurityEntry.Read(row, 0), [account], default);

    public static Task<List<SecurityEntry>> LoggedAsync(this TestShop shop) => shop.Db.QueryAsync($"{Everything} ORDER BY place", static row => SecurityEntry.Read(row, 0), [], default);

    public static Guid AccountId(this Person person) => Id<Souk.Contracts.AccountKind>.TryRead(person.Id, out var id) ? id.Value : throw new InvalidOperationException(person.Id);

    /// <summary>Everything that was noted by now is in the chain.</summary>
    public static Task EventuallySealed(this TestShop shop) => Answers.Eventually(
        async () => await shop.Db.QueryFirstAsync("SELECT count(*) FROM platform.security_unsealed", static row => row.GetInt64(0), [], default) == 0, "every entry is sealed");

    /// <summary>In a word: <c>sign_in done account</c>.</summary>
    public static string InWords(this SecurityEntry entry) => $"{entry.Act} {entry.Outcome} {entry.Actor.Kind}";
}
