using System.IO.Compression;
using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>sdp</c>: a session description, as a zlib stream in a MessagePack <c>bin</c> (signaling.md 1.6).</summary>
internal sealed class Sdp(IMediaRouter media) : ISessionMessage
{
    /// <summary>Bytes a description may have once inflated.</summary>
    internal const int MaxInflatedBytes = 65536;

    public Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session)
    {
        if (message.Data.Bytes("data") is not { Length: > 0 } compressed)
        {
            return Task.FromResult(MessageOutcome.Rejected("invalid or missing sdp data"));
        }

        string? problem = TryInflate(compressed, out byte[] description);
        if (problem is not null)
        {
            return Task.FromResult(MessageOutcome.Rejected(problem));
        }

        media.Send(session.Id, MediaMessage.Sdp, description);
        return Task.FromResult(MessageOutcome.Done);
    }

    /// <returns>What is wrong with the stream, or <c>null</c>. Never inflates more than one byte past the limit.</returns>
    internal static string? TryInflate(byte[] compressed, out byte[] inflated)
    {
        inflated = [];
        byte[] buffer = new byte[Math.Min(MaxInflatedBytes + 1, 4096)];
        int length = 0;
        try
        {
            using ZLibStream stream = new(new MemoryStream(compressed), CompressionMode.Decompress);
            while (true)
            {
                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, Math.Min(buffer.Length * 4, MaxInflatedBytes + 1));
                }

                int read = stream.Read(buffer, length, buffer.Length - length);
                if (read == 0)
                {
                    break;
                }

                length += read;
                if (length > MaxInflatedBytes)
                {
                    return "decompressed SDP data exceeds maximum allowed size";
                }
            }
        }
        catch (Exception malformed) when (malformed is InvalidDataException or IOException)
        {
            return length == 0 ? "failed to create reader: zlib: invalid header" : "failed to read data: zlib: invalid data";
        }

        inflated = buffer[..length];
        return null;
    }
}
