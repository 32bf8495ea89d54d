using System.Net;

namespace Souk.Platform.Http;

public static class ClientAddress
{
    /// <summary>As people know it: an IPv4 address that came over a socket of IPv6 is an IPv4 address.</summary>
    public static IPAddress Plain(this IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
