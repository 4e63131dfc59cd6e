using System.Buffers.Binary;
using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

/// <summary>The peer's re-configuration requests (RFC 6525, section 5.2): it may reset its outgoing streams, nothing else.</summary>
internal sealed class IncomingStreamResets(uint peerInitialTsn)
{
    private ReConfigResult _lastResult = ReConfigResult.NothingToDo;

    /// <summary>The request answered last; the peer numbers from its initial TSN.</summary>
    public uint LastRequestNumber { get; private set; } = peerInitialTsn - 1;

    /// <summary>Decides on a request.</summary>
    /// <param name="parameter">Any request parameter with its header.</param>
    /// <param name="cumulativeTsn">The last TSN received without a gap before it.</param>
    /// <param name="requestNumber">The request's number, for the response.</param>
    /// <param name="result">The response.</param>
    /// <param name="streamIds">Big-endian identifiers of the streams reset just now.</param>
    /// <returns><c>false</c> if the parameter is malformed and gets no response.</returns>
    public bool TryHandle(
        SctpParameterType type,
        ReadOnlySpan<byte> parameter,
        uint cumulativeTsn,
        out uint requestNumber,
        out ReConfigResult result,
        out ReadOnlySpan<byte> streamIds)
    {
        result = ReConfigResult.Denied;
        streamIds = default;
        uint lastTsn = cumulativeTsn;
        bool isReset = type == SctpParameterType.OutgoingSsnResetRequest;
        bool isWellFormed = isReset
            ? ReConfigChunk.TryParseResetRequest(parameter, out requestNumber, out lastTsn, out streamIds)
            : ReConfigChunk.TryParseRequestNumber(parameter, out requestNumber);
        if (!isWellFormed)
        {
            return false;
        }

        bool isRepeated = requestNumber == LastRequestNumber;
        if (!isRepeated && requestNumber != LastRequestNumber + 1)
        {
            streamIds = default;
            result = ReConfigResult.BadSequenceNumber;
            return true;
        }

        if (isRepeated && _lastResult != ReConfigResult.InProgress)
        {
            streamIds = default;
            result = _lastResult;
            return true;
        }

        // Which streams "all" are is the channels' business; browsers always name them.
        if (isReset && !streamIds.IsEmpty)
        {
            result = SerialNumber.IsAfter(lastTsn, cumulativeTsn) ? ReConfigResult.InProgress : ReConfigResult.Performed;
        }

        if (result != ReConfigResult.Performed)
        {
            streamIds = default;
        }

        LastRequestNumber = requestNumber;
        _lastResult = result;
        return true;
    }

    public static ushort StreamId(ReadOnlySpan<byte> streamIds, int index) => BinaryPrimitives.ReadUInt16BigEndian(streamIds[(2 * index)..]);
}
