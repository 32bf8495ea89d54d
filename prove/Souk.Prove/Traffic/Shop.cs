using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Souk.Prove.Traffic;

/// <summary>The shop as actors see it: one address of several nodes, some of which may be gone at the moment.</summary>
/// <remarks>
/// An <em>operation</em> is a request that reached a node: it was answered, or its answer was lost. What no node would take is not counted, and tried at another.
/// </remarks>
internal sealed class Shop(History history, Disturbances disturbances) : IDisposable
{
    /// <summary>The shop itself gives up on anything after 30 s.</summary>
    const int RequestSecondsMax = 40;

    /// <summary>So long a request is repeated until it has an answer that says yes or no.</summary>
    static readonly TimeSpan PatienceMax = TimeSpan.FromMinutes(3);

    readonly HttpClient http = new(new SocketsHttpHandler
    {
        UseCookies = false, AllowAutoRedirect = false, UseProxy = false, MaxConnectionsPerServer = 512, ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
    }) { Timeout = Timeout.InfiniteTimeSpan };

    readonly ConcurrentDictionary<(string Operation, int Status, string? Code), StrongBox<long>> tally = new();
    volatile Uri[] nodes = [];
    int turn;

    /// <summary>Where nodes answer now.</summary>
    public IReadOnlyList<Uri> Nodes { get => nodes; set => nodes = [.. value]; }

    /// <summary>How often each operation had which answer.</summary>
    public IReadOnlyList<(string Operation, int Status, string? Code, long Count)> Tally => [.. tally.Select(t => (t.Key.Operation, t.Key.Status, t.Key.Code, t.Value.Value))];

    public long Operations => tally.Sum(t => t.Value.Value);

    /// <summary>
    /// Repeats the request, with the same key, until it is answered with yes or no. A lost answer, a 5xx, a first request with this key that still runs and
    /// an access token that has run out are neither.
    /// </summary>
    public async Task<Answer> AskAsync(string operation, HttpMethod method, string path, JsonObject? body, Caller who, string? key = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var token = who.Account?.Token;
            var answer = await SendAsync(operation, method, path, body, who, key);
            if (answer.Is(401, "access_token_invalid") && who.Account is { } account) await account.RenewAsync(this, token);
            else if (!answer.IsLost && answer.Status < 500 && answer.Status != 429 && answer.Code != "idempotency_in_progress") return answer;
            if (TimeProvider.System.GetElapsedTime(began) > PatienceMax)
            {
                history.Violate(Promise.Answers, $"{operation} {path} had no definite answer for {PatienceMax.TotalMinutes} minutes; the last was {answer}");
                return answer;
            }
            await Task.Delay(Math.Min(20 * attempt, 500));
        }
    }

    /// <summary>Sends it once, to a node that takes connections.</summary>
    /// <param name="hangUp">The caller goes away: what the shop did is then unknown.</param>
    public async Task<Answer> SendAsync(string operation, HttpMethod method, string path, JsonObject? body, Caller who, string? key = null, CancellationToken hangUp = default)
    {
        var text = body?.ToJsonString();
        for (var refusals = 0; ; refusals++)
        {
            var up = nodes;
            if (up.Length == 0 || refusals > 0) await Task.Delay(50, CancellationToken.None);
            if (up.Length == 0) continue;
            using var request = new HttpRequestMessage(method, new Uri(up[(int)((uint)Interlocked.Increment(ref turn) % (uint)up.Length)], path));
            if (text is not null) request.Content = new StringContent(text, new MediaTypeHeaderValue(method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json"));
            if (who.Account?.Token is { } token) request.Headers.Authorization = new("Bearer", token);
            if (who.CartToken is { } cart) request.Headers.Add("Souk-Cart-Token", cart);
            if (who.OrderToken is { } order) request.Headers.Add("Souk-Order-Token", order);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            var watch = disturbances.Watch();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(hangUp);
            limit.CancelAfter(TimeSpan.FromSeconds(RequestSecondsMax));
            try
            {
                using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token);
                return Read(operation, path, answer, await answer.Content.ReadAsByteArrayAsync(CancellationToken.None), disturbances.Touched(watch));
            }
            catch (HttpRequestException gone) when (gone.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // Nobody took the request, so nothing became of it. A node that is down unasked shows up where its process is watched.
                continue;
            }
            catch (Exception lost) when (lost is HttpRequestException or OperationCanceledException or IOException)
            {
                Count(operation, 0, hangUp.IsCancellationRequested ? "hung up" : "lost");
                if (!hangUp.IsCancellationRequested && !disturbances.Touched(watch)) history.Violate(Promise.Answers, $"{operation} {path} was cut off though nothing was disturbed: {lost.Message}");
                return new(0, default, WasDisturbed: true);
            }
        }
    }

    Answer Read(string operation, string path, HttpResponseMessage answer, byte[] bytes, bool disturbed)
    {
        var (status, isJson) = ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true);
        var read = new Answer(status, isJson && bytes.Length > 0 ? JsonElement.Parse(bytes) : default, answer.Headers.Contains("Idempotent-Replayed"), disturbed);
        Count(operation, status, read.Code);
        if (answer.StatusCode < HttpStatusCode.InternalServerError) return read;
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        if (text.Contains("   at ", StringComparison.Ordinal) || text.Contains("Exception", StringComparison.Ordinal) || text.Contains("Npgsql", StringComparison.Ordinal))
            history.Violate(Promise.NothingLeaks, $"{operation} {path} answered {status}: {text}");
        if (status == 500 && !disturbed) history.Violate(Promise.NoFailure, $"{operation} {path} answered {text} though nothing was disturbed");
        return read;
    }

    void Count(string operation, int status, string? code) => Interlocked.Increment(ref tally.GetOrAdd((operation, status, code), static _ => new(0)).Value);

    public void Dispose() => http.Dispose();
}
