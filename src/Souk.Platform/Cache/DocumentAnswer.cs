using System.Buffers;
using Souk.Platform.Http;

namespace Souk.Platform.Cache;

/// <summary>Sends a document as it lies in memory, or 304 to those who have it.</summary>
/// <typeparam name="T">What the bytes of the document say.</typeparam>
public sealed class DocumentAnswer<T>(Document document, string cacheControl) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.ETag = document.Tag;
        response.Headers.CacheControl = cacheControl;
        if (document.Language is not null)
        {
            response.Headers.Append("Vary", "Accept-Language");
            response.Headers.ContentLanguage = document.Language;
        }
        if (document.Link is not null) response.Headers.Link = document.Link;
        if (ETag.Held(httpContext).Any(held => held == "*" || held == document.Tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = document.Body.Length;
        response.BodyWriter.Write(document.Body);
        return response.BodyWriter.FlushAsync(httpContext.RequestAborted).AsTask();
    }
}
