using Souk.Prove.Actors;
using Souk.Prove.Traffic;

namespace Souk.Prove.Checks;

/// <summary>The statements of the members who used their wallets, against what they were told.</summary>
internal sealed class Wallets(World world)
{
    public async Task<long> CheckAsync(History history)
    {
        var looked = 0L;
        foreach (var (member, _) in history.Wallets)
        {
            var entries = await ReadAsync(member);
            looked += entries.Count;
            if (entries.Count == 0) continue;
            if (entries[0].Balance != entries.Sum(e => e.Amount))
                history.Violate(Promise.WalletIsAsTold, $"{member.Email} has {entries[0].Balance}; its statement sums to {entries.Sum(e => e.Amount)}");
            if (entries.FirstOrDefault(e => e.Balance < 0) is { } spent) history.Violate(Promise.WalletIsAsTold, $"{member.Email} was at {spent.Balance} after {spent.Id}");

            var byId = entries.ToLookup(e => e.Id);
            var byReference = entries.ToLookup(e => e.Reference);
            foreach (var (topUp, (_, amount)) in history.TopUps.Where(m => m.Value.Member == member))
                Once(byReference[topUp], amount, $"the top-up {topUp} of {member.Email}");
            foreach (var (id, (from, to, amount)) in history.Sent)
            {
                if (from == member) Once(byId[id], -amount, $"the transfer {id} of {member.Email}");
                if (to == member) Once(byId[id], amount, $"the transfer {id} to {member.Email}");
            }
            // Nothing that nobody was told of: every wish was repeated until it had an answer.
            foreach (var entry in entries.Where(e => e.Type == "wallet_transfer" && !history.Sent.ContainsKey(e.Id)))
                history.Violate(Promise.WalletIsAsTold, $"{entry.Id} moved {entry.Amount} of {member.Email}, and nobody was told");
        }
        return looked;

        void Once(IEnumerable<Entry> found, long amount, string what)
        {
            var amounts = found.Select(e => e.Amount).ToList();
            if (amounts is not [var only] || only != amount) history.Violate(Promise.WalletIsAsTold, $"{what} of {amount} stands in the statement as {string.Join(", ", amounts.DefaultIfEmpty())}");
        }
    }

    sealed record Entry(string Id, string Type, long Amount, long Balance, string? Reference);

    /// <summary>The whole statement, newest first.</summary>
    async Task<List<Entry>> ReadAsync(Account member)
    {
        var entries = new List<Entry>();
        for (string? cursor = null; ;)
        {
            var page = await world.Shop.AskAsync("read statement", HttpMethod.Get, $"/v1/me/wallet/statement?limit=100{(cursor is null ? "" : $"&cursor={cursor}")}", null, new(member));
            if (page.Status != 200) throw new ProveException($"The statement of {member.Email} was answered with {page}.");
            entries.AddRange(page.Body.GetProperty("items").EnumerateArray().Select(e => new Entry(e.GetProperty("id").GetString()!, e.GetProperty("type").GetString()!,
                e.GetProperty("amount").GetProperty("amount").GetInt64(), e.GetProperty("balance").GetProperty("amount").GetInt64(),
                e.TryGetProperty("reference", out var reference) ? reference.GetString() : null)));
            cursor = page.Body.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
            if (cursor is null) return entries;
        }
    }
}
