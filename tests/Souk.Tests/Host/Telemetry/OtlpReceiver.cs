using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Souk.Tests.Host.Telemetry;

/// <summary>A receiver of OTLP over HTTP (protobuf), as a collector is one; keeps everything it was sent.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    readonly WebApplication app;

    public ConcurrentQueue<Span> Spans { get; } = [];
    public ConcurrentQueue<Record> Logs { get; } = [];
    public ConcurrentDictionary<string, bool> Metrics { get; } = [];

    /// <summary>Every byte that came, for whoever looks for what must not be in it.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = [];

    public string Url => app.Urls.First();

    public sealed record Span(string TraceId, string Name, IReadOnlyDictionary<string, string> Attributes, string Scope);

    public sealed record Record(string TraceId, string Body, IReadOnlyDictionary<string, string> Attributes);

    OtlpReceiver(WebApplication app) => this.app = app;

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/{signal}", async (string signal, HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            receiver.Take(signal, body.ToArray());
            http.Response.ContentType = "application/x-protobuf";
        });
        await app.StartAsync();
        return receiver;
    }

    void Take(string signal, byte[] body)
    {
        Bodies.Enqueue(body);
        // Resource → scope → item, in all three signals at the fields 1, 2 and 2.
        foreach (var resource in new Proto(body).All(1))
            foreach (var scope in resource.All(2))
                foreach (var item in scope.All(2))
                {
                    if (signal == "metrics") Metrics[item.Text(1)] = true;
                    else if (signal == "traces") Spans.Enqueue(new(item.Hex(1), item.Text(5), AttributesOf(item, 9), scope.All(1).First().Text(1)));
                    else Logs.Enqueue(new(item.Hex(9), item.All(5).FirstOrDefault()?.Text(1) ?? "", AttributesOf(item, 6)));
                }
    }

    static Dictionary<string, string> AttributesOf(Proto item, int field) => item.All(field).GroupBy(a => a.Text(1)).ToDictionary(a => a.Key, a => a.Last().All(2).First().Text(1));

    public ValueTask DisposeAsync() => app.DisposeAsync();

    /// <summary>As much of the wire format as it takes: fields by number, lengths, variable-length integers.</summary>
    sealed class Proto
    {
        readonly List<(int Field, byte[] Value)> fields = [];

        public Proto(ReadOnlySpan<byte> bytes)
        {
            while (bytes.Length > 0)
            {
                var tag = Varint(ref bytes);
                var value = (tag & 7) switch { 0 => BitConverter.GetBytes(Varint(ref bytes)), 1 => Take(ref bytes, 8), 5 => Take(ref bytes, 4), _ => Take(ref bytes, (int)Varint(ref bytes)) };
                fields.Add(((int)(tag >> 3), value));
            }
        }

        public IEnumerable<Proto> All(int field) => fields.Where(f => f.Field == field).Select(f => new Proto(f.Value));

        public string Text(int field) => Encoding.UTF8.GetString(fields.FirstOrDefault(f => f.Field == field).Value ?? []);

        public string Hex(int field) => Convert.ToHexStringLower(fields.FirstOrDefault(f => f.Field == field).Value ?? []);

        static byte[] Take(ref ReadOnlySpan<byte> bytes, int count)
        {
            var taken = bytes[..count].ToArray();
            bytes = bytes[count..];
            return taken;
        }

        static ulong Varint(ref ReadOnlySpan<byte> bytes)
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var octet = bytes[0];
                bytes = bytes[1..];
                value |= (ulong)(octet & 0x7f) << shift;
                if (octet < 0x80) return value;
            }
        }
    }
}
