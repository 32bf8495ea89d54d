using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Souk.Host.Commands;

/// <summary>Where a shop listens. A taken port is told before anything is started, together with one that is free.</summary>
internal static class ListenAddress
{
    public static readonly Setting Port = new("port", "number", "Where to listen; 'auto' takes a free port", "8080");
    public static readonly Setting Listen = new("listen", "address", "Whom to answer: 127.0.0.1 this machine, 0.0.0.0 everyone", "127.0.0.1");

    public static readonly Setting Management = new("management-port", "number",
        "Where this machine alone reads /metrics and /health; 'none' for nowhere [default: the next free one after the shop's]");

    /// <summary>For a shop that is put together but not started.</summary>
    public const string None = "http://127.0.0.1:0";

    /// <summary>How many ports after the taken one are tried for the advice.</summary>
    const int TriesMax = 200;

    public static string Of(Chosen settings)
    {
        if (!IPAddress.TryParse(settings[Listen], out var address))
            throw new ShopSettingsException($"--listen {settings[Listen]} is no IP address. 127.0.0.1 answers this machine, 0.0.0.0 everyone.");
        var said = settings[Port]!;
        var port = 0;
        if (said != "auto" && (!int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > IPEndPoint.MaxPort))
            throw new ShopSettingsException($"--port {said} is no port. Give a number from 1 to {IPEndPoint.MaxPort}, or 'auto'.");
        if (port != 0 && !IsFree(address, port)) throw Taken(address, port);
        return $"http://{new IPEndPoint(address, port)}";
    }

    /// <summary>The management port's address, on this machine alone; null for none.</summary>
    public static string? ManagementOf(Chosen settings)
    {
        var said = settings[Management];
        if (said == "none") return null;
        var shop = settings[Port] is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        int port;
        if (said is null) port = shop == 0 ? 0 : NextFree(IPAddress.Loopback, shop) ?? 0;
        else if (said == "auto") port = 0;
        else if (!int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > IPEndPoint.MaxPort || port == shop)
            throw new ShopSettingsException($"--management-port {said} is no port of its own. Give a number from 1 to {IPEndPoint.MaxPort} other than --port, 'auto', or 'none'.");
        else if (!IsFree(IPAddress.Loopback, port))
            throw new ShopSettingsException($"The management port {port} is taken by another process. Take any free one: --management-port auto");
        return $"http://{new IPEndPoint(IPAddress.Loopback, port)}";
    }

    /// <summary>Starts the shop; another process may still have been quicker to take the port.</summary>
    public static async Task StartAsync(WebApplication app, string url, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            var address = IPEndPoint.Parse(new Uri(url).Authority);
            throw Taken(address.Address, address.Port);
        }
    }

    static ShopSettingsException Taken(IPAddress address, int port) => new(NextFree(address, port) is { } free
        ? $"Port {port} is taken by another process. Port {free} is free: --port {free}"
        : $"Port {port} is taken by another process. Take any free one: --port auto");

    static int? NextFree(IPAddress address, int taken) => Enumerable.Range(taken + 1, TriesMax)
        .TakeWhile(port => port <= IPEndPoint.MaxPort).Select(port => (int?)port).FirstOrDefault(port => IsFree(address, port!.Value));

    static bool IsFree(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException denied) when (denied.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new ShopSettingsException($"This account may not listen on port {port}. Take one from 1024 on: --port 8080");
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
