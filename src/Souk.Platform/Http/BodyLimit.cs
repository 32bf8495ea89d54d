using Microsoft.AspNetCore.Http.Features;

namespace Souk.Platform.Http;

/// <summary>
/// Refuses a body larger than <see cref="RequestLimits.BodyBytesMax"/> with a 413 that the sender gets to read: the server takes the rest of what is
/// being sent, up to <see cref="RequestLimits.DrainedBytesMax"/>, rather than cutting the connection under the answer.
/// </summary>
internal static class BodyLimit
{
    public static void UseBodyLimit(this WebApplication app) => app.Use(static (http, next) =>
    {
        if (http.Request.ContentLength > RequestLimits.BodyBytesMax) throw TooLarge();
        // In chunks nobody says beforehand how much comes: it is counted.
        if (http.Request.ContentLength is null && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
            http.Request.Body = new CountedBody(http.Request.Body);
        return next(http);
    });

    static BadHttpRequestException TooLarge() => new("The body is too large.", StatusCodes.Status413PayloadTooLarge);

    sealed class CountedBody(Stream body) : Stream
    {
        long count;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await body.ReadAsync(buffer, cancellationToken);
            return (count += read) <= RequestLimits.BodyBytesMax ? read : throw TooLarge();
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
