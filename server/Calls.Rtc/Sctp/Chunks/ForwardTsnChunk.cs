using System.Buffers.Binary;

namespace Calls.Rtc.Sctp.Chunks;

/// <summary>FORWARD TSN: the peer gives up on everything up to a TSN (RFC 3758, section 3.2). We never send it.</summary>
internal static class ForwardTsnChunk
{
    /// <remarks>The skipped stream sequence numbers that follow are not needed: see <see cref="MessageReassembler"/>.</remarks>
    public static bool TryParse(SctpChunkView chunk, out uint newCumulativeTsn)
    {
        newCumulativeTsn = 0;
        return chunk.Value.Length >= 4 && BinaryPrimitives.TryReadUInt32BigEndian(chunk.Value, out newCumulativeTsn);
    }
}
