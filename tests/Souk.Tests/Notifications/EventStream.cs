using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Souk.Tests.Notifications;

/// <summary>An event as a client of <c>GET /v1/events</c> sees it.</summary>
public sealed record TestEvent(string Id, JsonElement Body)
{
    public string Type => Body.Text("type");
    public JsonElement Data => Body.GetProperty("data");

    /// <summary>What clients do not look into, and tests do.</summary>
    public long Sequence => long.Parse(Id.Split('.')[1], CultureInfo.InvariantCulture);
}

/// <summary>Reads server-sent events as a browser does (HTML, section 9.2).</summary>
public sealed class EventStream : IAsyncDisposable
{
    static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(30);

    readonly StreamReader lines;

    EventStream(HttpResponseMessage answer, Stream body) => (Answer, lines) = (answer, new(body));

    public HttpResponseMessage Answer { get; }

    /// <summary>What the client would come back with: the last id it saw.</summary>
    public string LastId { get; private set; } = "";

    /// <summary>The first event, which says where the stream begins.</summary>
    public TestEvent Opening { get; private set; } = null!;

    public int Heartbeats { get; private set; }
    public int? RetryMilliseconds { get; private set; }

    /// <summary>Opens a stream and reads its first event.</summary>
    public static async Task<EventStream> OpenAsync(HttpClient http, string query = "", string? lastEventId = null, string? orderToken = null)
    {
        var answer = await SendAsync(http, query, lastEventId, orderToken);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}");
        var stream = new EventStream(answer, await answer.Content.ReadAsStreamAsync());
        stream.Opening = await stream.NextAsync();
        return stream;
    }

    /// <summary>The same at an address; null when nobody carries the stream there now.</summary>
    public static async Task<EventStream?> TryOpenAsync(HttpClient http, Uri address, string? lastEventId, string orderToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        request.Headers.Add("Souk-Order-Token", orderToken);
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            answer.Dispose();
            return null;
        }
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stream = new EventStream(answer, await answer.Content.ReadAsStreamAsync());
        if (await stream.NextOrEndAsync() is { } opening)
        {
            stream.Opening = opening;
            return stream;
        }
        await stream.DisposeAsync();
        return null;
    }

    public static async Task<HttpResponseMessage> SendAsync(HttpClient http, string query = "", string? lastEventId = null, string? orderToken = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events" + query) { Version = http.DefaultRequestVersion, VersionPolicy = http.DefaultVersionPolicy };
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        if (orderToken is not null) request.Headers.Add("Souk-Order-Token", orderToken);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The next event; fails when the stream ends or stays silent.</summary>
    public async Task<TestEvent> NextAsync()
    {
        while (true)
            if (await BlockAsync() is { } happened) return happened;
            else Assert.False(ended, "The stream ended.");
    }

    public async Task<List<TestEvent>> NextAsync(int count)
    {
        var events = new List<TestEvent>();
        while (events.Count < count) events.Add(await NextAsync());
        return events;
    }

    /// <summary>The next event; null when the stream ended, in order or not.</summary>
    public async Task<TestEvent?> NextOrEndAsync()
    {
        try
        {
            while (!ended)
                if (await BlockAsync() is { } happened) return happened;
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            ended = true;
        }
        return null;
    }

    /// <summary>Waits until the shop closes the stream in order; what still came is answered.</summary>
    public async Task<List<TestEvent>> EndAsync()
    {
        var rest = new List<TestEvent>();
        while (!ended)
            if (await BlockAsync() is { } happened) rest.Add(happened);
        return rest;
    }

    public async Task HeartbeatAsync()
    {
        for (var before = Heartbeats; Heartbeats == before;) Assert.Null(await BlockAsync());
    }

    bool ended;

    /// <summary>Up to the next empty line; null when that was no event.</summary>
    async Task<TestEvent?> BlockAsync()
    {
        string? data = null;
        using var limit = new CancellationTokenSource(AnswerTimeMax);
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line == "") return data is null ? null : new(LastId, JsonDocument.Parse(data).RootElement);
            if (line.StartsWith(':')) Heartbeats++;
            else if (line.StartsWith("id: ", StringComparison.Ordinal)) LastId = line[4..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
            else if (line.StartsWith("retry: ", StringComparison.Ordinal)) RetryMilliseconds = int.Parse(line[7..], CultureInfo.InvariantCulture);
            else Assert.Fail($"No such field: {line}");
        }
        ended = true;
        return null;
    }

    public ValueTask DisposeAsync()
    {
        lines.Dispose();
        Answer.Dispose();
        return ValueTask.CompletedTask;
    }
}
