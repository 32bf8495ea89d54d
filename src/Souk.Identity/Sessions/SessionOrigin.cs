using System.Net;
using Souk.Platform;

namespace Souk.Identity.Sessions;

/// <summary>From where a session was begun, for its owner to tell it from a stranger's. Both are personal: encrypted under the key of the account.</summary>
internal sealed record SessionOrigin(byte[]? Device, byte[]? Address)
{
    /// <summary>What they are bound to; never renamed.</summary>
    public const string DeviceColumn = "identity.sessions.device", AddressColumn = "identity.sessions.address";

    /// <exception cref="PersonErasedException">The person was erased.</exception>
    public static async ValueTask<SessionOrigin> OfAsync(HttpContext http, Guid accountId, PersonalData people, CancellationToken cancel) => new(
        DeviceName.Of(http.Request.Headers.UserAgent) is { } device ? await people.ProtectAsync(accountId, DeviceColumn, device, cancel) : null,
        AddressOf(http.Connection.RemoteIpAddress) is { } address ? await people.ProtectAsync(accountId, AddressColumn, address, cancel) : null);

    internal static string? AddressOf(IPAddress? address) => address?.Plain().ToString();
}
