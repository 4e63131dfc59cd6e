namespace Calls.Rtc.Srtp;

/// <summary>The rollover counter of one outgoing SSRC (RFC 3711 3.3.1). Start with <c>default</c>; keep it beside the SSRC's numbering.</summary>
/// <remarks>Owned by the SSRC's only writer. One counter per SSRC and key: a second one would repeat GCM nonces.</remarks>
public struct RolloverCounter
{
    // Highest index so far plus one, so that default means "nothing sent".
    private long _next;

    /// <summary>The counter for a packet about to be protected. Late packets and retransmissions get the value of their own time.</summary>
    /// <returns>
    /// <c>false</c> if the packet lies before the first one or after 2^48 packets: its index would be negative or repeat, and it must not be sent.
    /// </returns>
    public bool TryGet(ushort sequenceNumber, out uint rolloverCounter)
    {
        long index = _next == 0 ? sequenceNumber : PacketIndex.Estimate(_next - 1, sequenceNumber);
        rolloverCounter = (uint)(index >> 16);

        if (index is < 0 or > PacketIndex.Max)
        {
            return false;
        }

        _next = Math.Max(_next, index + 1);
        return true;
    }
}
