using System.Net;

namespace Calls.Server.Api.Bot;

/// <summary>A part of a file on its way through, never held as a whole.</summary>
/// <param name="head">What was read of it already.</param>
/// <param name="rest">What follows.</param>
/// <param name="length">Of both together, in bytes; <c>null</c> if the sender did not say.</param>
/// <param name="limit">Bytes that are passed on; the surplus is dropped (rest-api.md 4.6).</param>
internal sealed class UploadPart(byte[] head, Stream rest, long? length, long limit) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        long left = limit - head.Length;
        await stream.WriteAsync(head, cancellationToken);
        byte[] buffer = new byte[64 * 1024];
        int read;
        while (left > 0 && (read = await rest.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            left -= read;
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = Math.Min(length ?? 0, limit);
        return length is not null;
    }
}
