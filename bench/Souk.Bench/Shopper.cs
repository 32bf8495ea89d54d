using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Souk.Bench;

/// <summary>
/// A shopper on a connection of its own, as lean as a load generator has to be that shares the processors with what it measures: requests are bytes, and of an
/// answer only what the next request needs is looked for. A thread each; nothing is read ahead.
/// </summary>
internal sealed class Shopper : IDisposable
{
    readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    readonly byte[] received = new byte[64 * 1024];
    readonly string head;

    public Shopper(Uri shop, string token)
    {
        socket.Connect(shop.Host, shop.Port);
        head = $" HTTP/1.1\r\nHost: {shop.Authority}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n";
    }

    /// <summary>Cart, two lines, address, shipping, order, payment from the wallet: seven requests.</summary>
    /// <exception cref="HttpRequestException">The shop refused one.</exception>
    public void Buy(string one, string other)
    {
        var cart = Text(Send("POST", "/v1/carts", "{}"), "id");
        Send("PUT", $"/v1/carts/{cart}/lines/{one}", """{"quantity":1}""");
        Send("PUT", $"/v1/carts/{cart}/lines/{other}", """{"quantity":2}""");
        Send("PATCH", $"/v1/carts/{cart}", """{"shippingAddress":{"name":"Ada","line1":"12 St James Square","city":"London","country":"GB"}}""");
        var total = Object(Send("PATCH", $"/v1/carts/{cart}", """{"shippingMethod":"courier"}"""), "total");
        var order = Text(Send("POST", "/v1/orders", $$"""{"cartId":"{{cart}}","expectedTotal":{{total}}}"""), "id");
        var status = Text(Send("POST", $"/v1/orders/{order}/payments", """{"method":"wallet"}"""), "status");
        if (status != "captured") throw new HttpRequestException($"The payment is {status}.");
    }

    /// <summary>The bytes of the answer, good until the next request.</summary>
    ReadOnlySpan<byte> Send(string method, string path, string body)
    {
        socket.Send(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{method} {path}{head}Idempotency-Key: {Guid.NewGuid()}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}")));
        for (var length = 0; ;)
        {
            var more = socket.Receive(received.AsSpan(length));
            if (more == 0) throw new HttpRequestException("The shop hung up, or its answer is longer than expected.");
            length += more;
            var answer = received.AsSpan(0, length);
            if (!IsWhole(answer)) continue;
            return answer[9] == (byte)'2' ? answer : throw new HttpRequestException($"{method} {path} was answered with {Encoding.UTF8.GetString(answer)}");
        }
    }

    static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var body = answer.IndexOf("\r\n\r\n"u8) + 4;
        if (body < 4) return false;
        var said = answer[..body].IndexOf("Content-Length: "u8);
        return said < 0 ? answer.EndsWith("\r\n0\r\n\r\n"u8)
            : Utf8Parser.TryParse(answer[(said + 16)..], out int length, out _) && answer.Length >= body + length;
    }

    /// <summary>The first member of this name: the answer's own comes before those of its parts.</summary>
    static string Text(ReadOnlySpan<byte> answer, string member) => Upto(answer, answer.IndexOf(Encoding.UTF8.GetBytes($"\"{member}\":\"")), $"\"{member}\":\"", (byte)'"');

    /// <summary>The last object of this name: that of a cart comes after those of its lines.</summary>
    static string Object(ReadOnlySpan<byte> answer, string member) =>
        $"{{{Upto(answer, answer.LastIndexOf(Encoding.UTF8.GetBytes($"\"{member}\":{{")), $"\"{member}\":{{", (byte)'}')}}}";

    static string Upto(ReadOnlySpan<byte> answer, int from, string opening, byte end)
    {
        if (from < 0) throw new HttpRequestException($"{opening} is missed in {Encoding.UTF8.GetString(answer)}");
        var rest = answer[(from + opening.Length)..];
        return Encoding.UTF8.GetString(rest[..rest.IndexOf(end)]);
    }

    public void Dispose() => socket.Dispose();
}
