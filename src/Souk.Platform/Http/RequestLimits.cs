using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Souk.Platform.Http;

/// <summary>What one request may cost before it is refused.</summary>
public static class RequestLimits
{
    /// <summary>A larger body is a 413.</summary>
    public const int BodyBytesMax = 262_144;

    /// <summary>So much of a body that is too large is still taken, so that its sender reads the 413; beyond it the connection is cut.</summary>
    public const int DrainedBytesMax = 8 << 20;

    public const int HeaderBytesMax = 16_384, RequestLineBytesMax = 8_192, HeadersMax = 64;

    /// <summary>A client that has not sent its headers by then is cut off.</summary>
    public const int HeaderSecondsMax = 10;

    /// <summary>Open connections of one node; more are refused at once rather than served late.</summary>
    public const int ConnectionsMax = 20_000;

    internal static void Apply(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = DrainedBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        kestrel.Limits.MaxRequestLineSize = RequestLineBytesMax;
        kestrel.Limits.MaxRequestHeaderCount = HeadersMax;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(HeaderSecondsMax);
        kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
    }
}
