using System.Net.Http.Headers;
using Souk.Prove.Traffic;

namespace Souk.Prove.Checks;

/// <summary>The live streams of some members: where they stood before anybody acted, and everything that was told since.</summary>
internal sealed class Inboxes(Traffic.Shop shop, IReadOnlyList<Account> members)
{
    public const int MembersMax = 4;

    static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(3), ReadMax = TimeSpan.FromMinutes(2);

    readonly Dictionary<Account, string> positions = [];

    public async Task RememberAsync()
    {
        foreach (var member in members.Take(MembersMax))
            positions[member] = (await ReadAsync(member, null, firstOnly: true))[0].Id;
    }

    public async Task<long> CheckAsync(History history)
    {
        var looked = 0L;
        foreach (var (member, position) in positions)
        {
            var told = await ReadAsync(member, position, firstOnly: false);
            looked += told.Count;
            if (told.FirstOrDefault().Type == "stream.reset")
            {
                history.Violate(Promise.InboxIsWhole, $"the stream of {member.Email} began anew: {told[0].Data}");
                continue;
            }
            var at = Sequence(position);
            var steps = new Dictionary<string, string>();
            foreach (var (id, type, data) in told.Where(t => t.Type != "stream.opened"))
            {
                if (Sequence(id) != ++at) history.Violate(Promise.InboxIsWhole, $"{member.Email} was told {Sequence(id)} where {at} was to come");
                at = Sequence(id);
                if (!type.StartsWith("order.", StringComparison.Ordinal)) continue;
                var order = data.GetProperty("data").GetProperty("orderId").GetString()!;
                var to = type switch { "order.placed" => "placed", "order.paid" => "paid", _ => data.GetProperty("data").GetProperty("status").GetString()! };
                if (!IsNext(steps.GetValueOrDefault(order), to)) history.Violate(Promise.InboxIsWhole, $"{member.Email} was told that {order} is {to} after {steps.GetValueOrDefault(order) ?? "nothing"}");
                steps[order] = to;
            }
            foreach (var order in history.Orders.Values.Where(o => o.Account == member && !steps.ContainsKey(o.Id))) history.Violate(Promise.InboxIsWhole, $"{member.Email} was never told of {order.Id}");
        }
        return looked;
    }

    static bool IsNext(string? from, string to) => (from, to) switch
    {
        (null, "placed") or ("placed", "paid" or "cancelled" or "expired") => true,
        ("paid", _) => Array.IndexOf(Diagram.Steps, to) > 0,
        _ => Array.IndexOf(Diagram.Steps, from) > 0 && Array.IndexOf(Diagram.Steps, to) > Array.IndexOf(Diagram.Steps, from),
    };

    static long Sequence(string id) => long.Parse(id[(id.IndexOf('.', StringComparison.Ordinal) + 1)..], System.Globalization.CultureInfo.InvariantCulture);

    async Task<List<(string Id, string Type, JsonElement Data)>> ReadAsync(Account member, string? after, bool firstOnly)
    {
        // The token may have run out while others acted.
        await shop.AskAsync("read profile", HttpMethod.Get, "/v1/me", null, new(member));
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shop.Nodes[0], "/v1/events"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", member.Token);
        if (after is not null) request.Headers.Add("Last-Event-ID", after);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var (told, id, began) = (new List<(string Id, string Type, JsonElement Data)>(), "", TimeProvider.System.GetTimestamp());
        while (TimeProvider.System.GetElapsedTime(began) < ReadMax)
        {
            using var silence = new CancellationTokenSource(SilenceMax);
            string? line;
            try
            {
                line = await reader.ReadLineAsync(silence.Token);
            }
            catch (OperationCanceledException)
            {
                break;   // everything was told
            }
            if (line is null) break;
            if (line.StartsWith("id:", StringComparison.Ordinal)) id = line[3..].Trim();
            else if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                var data = JsonElement.Parse(line[5..]);
                told.Add((id, data.GetProperty("type").GetString()!, data));
                if (firstOnly) break;
            }
        }
        return told;
    }
}
