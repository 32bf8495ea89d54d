namespace Souk.Catalog.Media;

/// <summary>Every way requests for photos are refused. A code is API: add new ones, never rename one.</summary>
internal static class MediaErrors
{
    public static readonly Error NotFound = Error.NotFound("media_not_found", "There is no photo at this address. Products list the addresses of theirs.");
}
