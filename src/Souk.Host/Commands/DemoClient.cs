using System.Text.Json;

namespace Souk.Host.Commands;

/// <summary>An <see cref="HttpClient"/> that prints what it sends and gets, and stops at the first answer that is not the expected one.</summary>
internal sealed class DemoClient(Uri shop, Terminal terminal, CancellationToken cancel) : IDisposable
{
    /// <summary>Longer bodies are cut when printed.</summary>
    const int PrintedCharactersMax = 300;

    readonly HttpClient http = new() { BaseAddress = shop, Timeout = TimeSpan.FromSeconds(30) };
    HttpResponseMessage? last;

    public int Requests { get; private set; }

    public void Title(string text)
    {
        terminal.Line();
        terminal.Line(terminal.Bold($"# {text}"));
    }

    public Task<JsonElement> Get(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, path, null, 200, headers);
    public Task<JsonElement> Put(string path, object body, params (string Name, string Value)[] headers) => Send(HttpMethod.Put, path, body, 200, headers);
    public Task<JsonElement> Patch(string path, object body, params (string Name, string Value)[] headers) => Send(HttpMethod.Patch, path, body, 200, headers);
    public Task<JsonElement> Post(string path, object body, int expect, params (string Name, string Value)[] headers) => Send(HttpMethod.Post, path, body, expect, headers);

    async Task<JsonElement> Send(HttpMethod method, string path, object? body, int expect, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        if (body is not null) request.Content = JsonContent.Create(body);

        terminal.Line($"→ {method} {Cut(path)}{(body is null ? "" : " " + Cut(JsonSerializer.Serialize(body, JsonSerializerOptions.Web)))}");
        foreach (var (name, value) in headers) terminal.Line(terminal.Dim($"  {name}: {Cut(value)}"));
        last?.Dispose();
        last = await http.SendAsync(request, cancel);
        Requests++;
        var text = await last.Content.ReadAsStringAsync(cancel);

        var status = (int)last.StatusCode;
        var line = $"← {status} {last.ReasonPhrase}";
        terminal.Line($"{(status == expect ? terminal.Green(line) : terminal.Red(line))} {terminal.Dim(Cut(text))}");
        if (status != expect) throw new CommandException($"{method} {path} answered {status} instead of {expect}: {Detail(text)}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    public bool LastAnswerHas(string header, string value) =>
        last is not null && last.Headers.TryGetValues(header, out var values) && values.Contains(value);

    public void Dispose()
    {
        last?.Dispose();
        http.Dispose();
    }

    static string Cut(string text) => text.Length <= PrintedCharactersMax ? text : text[..PrintedCharactersMax] + " …";

    /// <summary>A problem's own words, or the start of whatever came instead.</summary>
    static string Detail(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement.TryGetProperty("detail", out var detail) ? detail.GetString()! : Cut(text);
        }
        catch (JsonException)
        {
            return Cut(text);
        }
    }
}

/// <summary>What the recipe reads of an answer.</summary>
internal static class DemoAnswer
{
    public static string Text(this JsonElement body, string member) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()!
            : throw new CommandException($"The answer has no '{member}'.");
}
