namespace Calls.Rtc.Srtp;

/// <summary>The 31-bit SRTCP index of one outgoing SSRC (RFC 3711 3.4). Start with <c>default</c>; the first index is 1.</summary>
/// <remarks>Owned by the only writer of that SSRC's RTCP.</remarks>
public struct SrtcpIndex
{
    internal const uint Max = 0x7FFF_FFFF;

    private uint _last;

    /// <summary>The index for the next packet; <c>false</c> after 2^31 - 1 packets, when the keys are used up (RFC 3711 9.2).</summary>
    public bool TryNext(out uint index)
    {
        if (_last == Max)
        {
            index = 0;
            return false;
        }

        index = ++_last;
        return true;
    }

    internal static SrtcpIndex StartAfter(uint last) => new() { _last = last };
}
