using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Souk.Host.Commands;

/// <summary>Where a shop listens. A taken port is told before anything is started, together with one that is free.</summary>
internal static class ListenAddress
{
    public static readonly Setting Port = new("port", "number", "Where to listen; 'auto' takes a free port", "8080");
    public static readonly Setting Listen = new("listen", "address", "Whom to answer: 127.0.0.1 this machine, 0.0.0.0 everyone", "127.0.0.1");

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
